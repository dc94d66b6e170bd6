import { findShapes } from '../../text/mask/credentials.ts';
import { textKind } from '../../text/passage-lines.ts';

/** Endings that copies get: of editors, of people, of programs, with a number or a date. */
const COPY_END =
  /(?:~+|#|\.(?:txt|bak|backup|bkp|old|orig|original|save|saved|sav|copy|tmp|temp|prev|previous|disabled|rej|sw[a-p]|un~|\d{1,14}|\d{4}-\d\d-\d\d)|[ _.-]+(?:copy|bak|backup|old|orig|kopie|kopia|copie)(?: ?\(?\d{1,4}\)?)?| ?\(\d{1,4}\)|[-_]\d{1,14}|-\d{4}-\d\d-\d\d)$/;
const COPY_START = /^(?:\.?#|(?:copy|kopie) (?:\(\d{1,4}\) )?of |backup[ _.-](?:of )?)/;
/** More endings on one name are not taken off. */
const MOST_ENDINGS = 8;
const LONGEST_NAME = 255;

/** Folders of which every file may hold a secret. */
const FOLDERS =
  /^\.?(?:secrets?|credentials|private[-_]?keys?|passwords?|password-store|vault|aws|ssh|gnupg|gpg|kube|azure|gcloud|docker|keyrings?|minikube)$/;
/** Without their dot, these are ordinary folders. */
const DOTTED = /^(?:vault|aws|ssh|gpg|kube|azure|gcloud|docker|keyrings?|minikube)$/;

const NAMES = new Set(
  (
    '.pgpass pgpass.conf .npmrc .yarnrc .yarnrc.yml .netrc _netrc .htpasswd .htdigest htpasswd .git-credentials .pypirc .dockercfg ' +
    '.dockerconfigjson .vault-token .my.cnf .mylogin.cnf .s3cfg .boto .terraformrc terraform.rc .authinfo .fetchmailrc .msmtprc ' +
    '.smbcredentials .ssmtp.conf .rediscli_auth .curlrc .wgetrc .flaskenv .direnv .claude.json .viminfo .lesshst .dbshell .histfile ' +
    '.xauthority .iceauthority shadow gshadow master.passwd kubeconfig env .token .tokens auth.json wp-config.php ' +
    'local.settings.json application_default_credentials.json google-services.json googleservice-info.plist secring.gpg ' +
    'consolehost_history.txt cookies cookies.json secrets.py secrets.h arduino_secrets.h rootkey.csv netrc npmrc pgpass ' +
    '.vault_pass vault.yml vault.yaml rclone.conf .clasprc.json .databrickscfg .dev.vars wallet.dat keystore.json mnemonic.txt ' +
    'oauth.json sftp-config.json .ftpconfig filezilla.xml sitemanager.xml recentservers.xml wpa_supplicant.conf key3.db key4.db ' +
    'pip.conf .condarc secring.asc private.asc backup-codes.txt recovery-codes.txt gradle.properties local.properties ' +
    'settings-security.xml database.yml database.yaml wrangler.toml env.json env.yml env.yaml profiles.yml profiles.yaml nuget.config ' +
    '.sops.yaml master.key'
  ).split(' '),
);

const PATTERNS: readonly RegExp[] = [
  // Environments.
  /^\.env/,
  /\.env$/,
  /^env\.(?:local|dev|development|prod|production|stage|staging|test)$/,
  /^(?:env|secrets?|credentials?|passwords?|tokens?)\.(?:sh|bash|zsh|fish|ps1|bat|cmd)$/,
  /^passwords?\.(?:md|markdown|rst|adoc|org)$/,
  // Keys and stores of keys.
  /^(?:id|ssh_host)_(?:rsa|dsa|ecdsa|ed25519|xmss)(?!.*\.pub$)/,
  /^id_[a-z\d]{1,30}$/,
  /\.(?:pem|key|p12|pfx|p8|pkcs8|pkcs12|jks|jceks|bks|keystore|kdbx?|ppk|agekey|ovpn|keytab|keychain(?:-db)?|psafe3|gpg|pgp|kubeconfig|har)$/,
  /\.(?:credentials?|secrets?|tokens?|passwords?|passwd|htpasswd|pgpass|netrc|npmrc)$/,
  /^(?:keystore|key|signing)\.properties$/,
  // Settings of one environment of a deployment.
  /^pulumi\.[\w-]{1,60}\.ya?ml$/,
  /^appsettings\.[\w-]{1,60}\.json$/,
  // What a browser keeps.
  /^(?:login data|web data)(?: for account|-journal)?$/,
  // State of tools, and what was typed.
  /\.tfstate(?:\..{1,80})?$/,
  /\.tfvars(?:\.json)?$/,
  /^\.[\w.]{0,60}history(?:\.\w{1,10})?$/,
  /^\.?(?:ba|z|k|c|tc|fi)?sh_history$/,
  /^(?:.{1,100}-)?firebase-adminsdk.{0,100}\.json$/,
];

/** Files of ordinary names in the folder of a tool that signs in with them. */
const OF_TOOLS =
  /^\.?(?:(?:m2|maven)\/settings\.xml|(?:gh|hub)\/hosts\.ya?ml|config\/hub|(?:glab-cli|doctl|fly)\/config\.ya?ml|(?:bundle|oci|snowsql)\/config|hcloud\/cli\.toml|cargo\/credentials)$/;

/** Words in the name of a data file that say what is in it. */
const WORDS: readonly RegExp[] = [
  /\.env\./,
  /(?:credentials?|secrets?|passwords?|passwd|kubeconfig)(?![a-z])/,
  /(?:^|[^a-z])(?:creds?|passphrases?|tokens?|logins|[th]?otps?|2fa|mfa|service[ _.-]?accounts?)(?![a-z])/,
  /(?:^|[^a-z])(?:api|access|private|sa|gcp|aws|ssh|ssl|tls|signing|deploy|server|client|root|master|auth|encryption)[ _.-]?keys?(?![a-z])/,
];
/** Colours and sizes of a design are called tokens too. */
const DESIGN = /design|theme|style|colou?r/;
/** Files in which people write about secrets rather than keep them. */
const WRITING = /\.(?:md|mdx|markdown|rst|adoc|org|tex|html?|css|scss|less|svg)$/;

/**
 * Whether a file may hold secrets, by its path: environments, credentials, keys, tokens, state of tools, histories; also as a copy
 * (`.env~`, `id_rsa.bak`), in any case of letters, and in folders of such files. Source code and prose about secrets are not meant.
 *
 * @param path With forward slashes, relative to the folder that is searched.
 */
export function isSecretPath(path: string): boolean {
  const folders = path.normalize('NFKC').split('/');
  const name = folders.pop() ?? '';
  const parent = (folders.at(-1) ?? '').toLowerCase();
  return (
    folders.some((folder) => bareNames(folder).some(isSecretFolder)) ||
    bareNames(name).some((bare) => isSecretName(bare) || OF_TOOLS.test(`${parent}/${bare}`))
  );
}

function isSecretFolder(name: string): boolean {
  return FOLDERS.test(name) && !DOTTED.test(name);
}

function isSecretName(name: string): boolean {
  if (NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name))) return true;
  return (
    WORDS.some((words) => words.test(name)) && !DESIGN.test(name) && !WRITING.test(name) && textKind(name) !== 'code'
  );
}

/** A name in small letters, and what it was before it was copied: `.env.bak~` is also `.env.bak` and `.env`. */
function bareNames(name: string): string[] {
  // `clientSecret.json` has two words.
  const parted = name.length > LONGEST_NAME ? name : name.replace(/([a-z])([A-Z])/g, '$1_$2');
  const names = new Set([name.toLowerCase(), parted.toLowerCase()]);
  for (const first of [...names]) {
    let bare = first;
    for (let endings = 0; endings < MOST_ENDINGS; endings++) {
      const shorter = bare.slice(0, LONGEST_NAME).replace(COPY_START, '').replace(COPY_END, '');
      if (shorter === bare || shorter === '') break;
      bare = shorter;
      names.add(bare);
      // vim puts a dot before the name of what it edits.
      if (bare.startsWith('.')) names.add(bare.slice(1));
    }
  }
  return [...names];
}

/** Longest text of which most may be a secret, characters: more is a text that has secrets in it. */
const LONGEST_SECRET_FILE = 16_384;

/** Whether a text is a secret and little else: a private key, or a token. */
export function isMostlySecret(text: string): boolean {
  if (holdsPrivateKey(text)) return true;
  if (text.length > LONGEST_SECRET_FILE) return false;
  const tokens = findShapes(text).spans.reduce((sum, { start, end }) => sum + end - start, 0);
  return tokens > text.trim().length / 2;
}

/** How far below its first line a key begins, characters: headers may stand between. */
const KEY_WINDOW = 2000;

/** Whether a text contains a private key: PEM, OpenPGP, PuTTY or age, also inside JSON. */
function holdsPrivateKey(text: string): boolean {
  // A line of a key. An expression that looks for keys, or an example cut short, has none.
  const body = /[A-Za-z0-9+/]{48}/g;
  let bodyAt = -1;
  for (let at = text.indexOf('PRIVATE KEY'); at >= 0; at = text.indexOf('PRIVATE KEY', at + 1)) {
    if (!/-----BEGIN [A-Z0-9 ]{0,30}$/.test(text.slice(Math.max(0, at - 42), at))) continue;
    if (bodyAt < at) {
      body.lastIndex = at;
      bodyAt = body.exec(text)?.index ?? Number.POSITIVE_INFINITY;
    }
    if (bodyAt < at + KEY_WINDOW) return true;
  }
  if (text.includes('PuTTY-User-Key-File-') && text.includes('Private-Lines:')) return true;
  return /AGE-SECRET-KEY-1[A-Z0-9]{40}/.test(text);
}
