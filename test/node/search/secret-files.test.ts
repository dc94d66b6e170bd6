import { describe, expect, it } from 'vitest';
import { isMostlySecret, isSecretPath } from '../../../src/node/search/secret-files.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const list = (text: string) => text.split(/\s+/).filter((word) => word !== '');

const SECRET = list(`
  .env .envrc .env.local prod.env api/.env.production deploy/prod.env.local .flaskenv env env.prod env.sh .environment
  rclone.conf .databrickscfg .dev.vars group_vars/vault.yml key4.db sftp-config.json pip.conf.bak recovery-codes.txt
  .pgpass .npmrc .netrc _netrc .htpasswd .git-credentials .pypirc .dockercfg .docker/config.json .kube/config .yarnrc.yml
  id_rsa id_ed25519 id_rsa_work id_ecdsa.old keys/id_dsa ssh_host_rsa_key server.pem server.key a.p12 a.pfx a.jks a.keystore
  pass.kdbx putty.ppk AuthKey_1.p8 home.ovpn http.keytab service-account.json service-account-prod.json my-service_account.json
  credentials.json my-credentials.json awscredentials.csv client_secret.json client_secret_123.apps.json clientSecret.json
  credentials .aws/credentials .aws/config .ssh/config .gnupg/secring.gpg .vault-token terraform.tfstate terraform.tfstate.backup
  terraform.tfvars prod.auto.tfvars prod.tfvars.json .bash_history .zsh_history .psql_history .python_history
  .node_repl_history .mysql_history .history .aider.chat.history.md bash_history secrets.yaml secrets.yml Secrets.toml
  secrets/prod.txt config/secrets/db.yaml .secrets/a credentials/a.txt secrets.json secrets.sh secrets.py app.secrets
  passwords.txt password.md api-keys.json api_key.txt apiKeys.yaml access_token.json token.txt tokens.json .token
  auth.json kubeconfig kubeconfig.yaml prod.kubeconfig wp-config.php google-services.json x-firebase-adminsdk-1.json
  cookies.txt logins.csv session.har .claude.json accessKeys.csv rootkey.csv tls-key.json
  gradle.properties android/local.properties .m2/settings.xml m2/settings.xml settings-security.xml config/database.yml wrangler.toml
  env.json .config/gh/hosts.yml gh/hosts.yml Pulumi.prod.yaml profiles.yml dbt/profiles.yml nuget.config appsettings.Production.json
  otp.txt totp.json 2fa.txt .config/hub .fly/config.yml .bundle/config .oci/config config/master.key
`).concat('Login Data', 'Default/Login Data', 'Web Data');
const COPIES = list(`
  .env~ .env.bak .env.old .env.orig .env.save .env.swp ..env.swp .env.1 .env.bak~ .env.bak.old~ .npmrc~ .npmrc.bak .netrc.orig
  id_rsa.bak id_rsa~ server.pem.bak server.key.old a.p12.1 .pgpass.save .htpasswd.2024-01-31 .git-credentials-20240131
  .npmrc.swp ..npmrc.swp #.npmrc# .#.npmrc .npmrc_bak .npmrc-backup .npmrc.txt server.pem.txt secrets.bak/db.txt .aws.old/config
  gradle.properties~ .m2/settings.xml.bak database.yml.old wrangler.toml.orig env.json~ gh/hosts.yml.bak Pulumi.prod.yaml.old
  profiles.yml~ otp.txt.bak
  .ENV .Env.Local ID_RSA SERVER.PEM Credentials.JSON .NPMRC.BAK Secrets/DB.txt
`).concat(
  'server copy.pem',
  'server.pem copy',
  '.npmrc copy 2',
  '.npmrc (1)',
  'Copy of .npmrc',
  'credentials (1).json',
);
const OPEN = list(`
  README.md environment.md docs/environment.md docs/secrets.md docs/managing-credentials.md src/token.ts src/secrets.ts
  src/text/credentials.ts test/e2e/secrets.test.ts keyboard.md monkey.json secretary.txt tokenizer.json design-tokens.json
  theme.tokens.json src/keys.go docker-compose.yml docker/config.json vault/notes.md ssh/README.md package.json tsconfig.json
  vite.env.d.ts history.md CHANGELOG.md id_rsa.pub server.crt notes.bak main.tf variables.tf envoy.yaml
  account.json service.json login.html reset-password.html .gitignore .editorconfig .prettierrc .eslintrc.json docs/api.md
  config.yaml settings.toml Makefile go.mod settings.xml src/settings.xml hosts.yml Pulumi.yaml appsettings.json src/env.ts
  src/otp.ts src/database.ts docs/profiles.md gh/config.yml backup.md copy.ts a.1 identity.md
`);

describe('isSecretPath', () => {
  it.each(SECRET)('leaves out %s', (path) => expect(isSecretPath(path)).toBe(true));
  it.each(COPIES)('leaves out the copy %s', (path) => expect(isSecretPath(path)).toBe(true));
  it.each(OPEN)('reads %s', (path) => expect(isSecretPath(path)).toBe(false));

  it('takes little time for the longest of names', () => {
    const cpuMs = cpuMsOf(() => {
      for (const part of ['.bak', '~', 'a.', '-1', ' copy', 'secret', '(1', '.env.'])
        isSecretPath(part.repeat(50_000 / part.length));
    });
    expect(cpuMs).toBeLessThan(1000);
  });
});

const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';

describe('isMostlySecret', () => {
  it.each([
    `-----BEGIN PRIVATE KEY-----\n${BODY}\n-----END PRIVATE KEY-----`,
    `notes\n-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\n${BODY}`,
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${BODY}`,
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n${BODY}`,
    JSON.stringify({ private_key: `-----BEGIN PRIVATE KEY-----\n${BODY}\n` }),
    'PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\nAAAA',
    `AGE-SECRET-KEY-1${'Q'.repeat(58)}`,
    `github: ghp_${'a1B2'.repeat(9)}\n`,
    `\n sk-${'a1B2'.repeat(9)} `,
  ])('finds the key or token in %j', (text) => expect(isMostlySecret(text)).toBe(true));

  it.each([
    'A PRIVATE KEY is kept in a file that begins with -----BEGIN PRIVATE KEY-----.',
    'const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;',
    `-----BEGIN PUBLIC KEY-----\n${BODY}`,
    `The tests send a token that no server takes, ghp_${'a1B2'.repeat(9)}, and expect to be told that it is not valid.`,
    '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----',
  ])('finds none in %j', (text) => expect(isMostlySecret(text)).toBe(false));

  it('takes time in proportion to the text', () => {
    const cpuMs = cpuMsOf(() => {
      isMostlySecret('-----BEGIN PRIVATE KEY'.repeat(50_000));
      isMostlySecret('-----BEGIN '.repeat(100_000));
    });
    expect(cpuMs).toBeLessThan(2000);
  });
});
