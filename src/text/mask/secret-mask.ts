import { type FindSecrets, findAll, findKnown, throughCodes, withMarks } from './find-secrets.ts';
import { changeTexts } from './json-texts.ts';
import { type KnownValues, knownValues } from './known-values.ts';
import { learnedSecrets, learnedVersion } from './learned.ts';
import { MASKED, SHORTEST_SECRET } from './mark.ts';
import { MaskStream } from './mask-stream.ts';
import { type Environment, formsOf, inJson, passwordsInAddresses, secretsOf } from './secrets-of.ts';
import { isPlaceholder } from './spoken-secrets.ts';

/** Takes secrets out of texts that are stored or printed, and puts back those that the environment still has. */
export interface SecretMask {
  /** Of plain text. */
  mask(text: string): string;
  /** Of JSON of our formats: of its texts and ids. Keys, and words such as a status, stay what they are. */
  maskJson(json: string): string;
  /** Of a text that comes in pieces, of which two may share a secret. */
  stream(): MaskStream;
  /** Of JSON that is stored: the same; also marks what only looks like a masked secret, lest it come back as one. */
  seal(json: string): string;
  /**
   * Of JSON that was sealed: what looked like a masked secret is as it was, and secrets come back.
   *
   * @param lost Stands for those that do not. Default `«masked»`.
   */
  unmask(json: string, lost?: string): string;
  /** Of JSON that was sealed: the same, and secrets stay masked but in ids. */
  unseal(json: string): string;
}

const MARKED = '«masked';
const NAMED = `${MARKED}:`;
/** No name of a variable begins so. */
const LOOKALIKE = `${NAMED}:`;
/** Stands for a text that is the mark of a secret and none; neither does a name begin so. */
const LITERAL = `${NAMED};»`;
const MARKS = /«masked(?:»|:(?:(:)|(;»)|(\w+)»))/g;
const ESCAPES = /«masked:(?:(:)|;»)/g;
/** Members whose key says that the value is a secret. */
const KEYED = /"(?:env|headers|data)":[{[]/;

/**
 * Makes a mask for secrets: the values of an environment's secret-looking variables (`*_KEY`, `*_TOKEN`, `*_SECRET`, `*PASSWORD*`, 8
 * characters or more), which leave their name behind; values that agents were described with; credentials of well-known shapes;
 * and values after names that speak of secrets. Takes time that grows with the text, whatever it says.
 *
 * @param more Values that have no name.
 * @example
 * const { mask } = createSecretMask({ API_KEY: 'abcd1234' });
 * mask('use abcd1234'); // 'use «masked:API_KEY»'
 */
export function createSecretMask(env: Environment, more: Iterable<string> = []): SecretMask {
  const secrets = secretsOf(env);
  const unnamed = [...more, ...passwordsInAddresses(env)];
  const find = throughCodes(findAll(knownSecrets(secrets, unnamed)));
  const mask = (text: string) => marked(text, find);
  const secret = (text: string) => secretText(text, mask(text));
  const maskJson = (json: string) =>
    KEYED.test(json) || mask(json) !== json ? changeTexts(json, { text: mask, id: mask, secret }) : json;
  const valueNamed = (name: string) => {
    const value = secrets.get(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
    return value !== undefined && value.length >= SHORTEST_SECRET ? value : undefined;
  };
  const unmask = (json: string, lost = MASKED) =>
    json.replace(MARKS, (_, isLookalike?: string, isLiteral?: string, name?: string) => {
      if (isLookalike) return NAMED;
      if (isLiteral) return MASKED;
      const value = name === undefined ? undefined : valueNamed(name);
      return value === undefined ? lost : inJson(value);
    });
  const unseal = (text: string) => text.replace(ESCAPES, (_, isLookalike?: string) => (isLookalike ? NAMED : MASKED));
  const asItWas = (id: string) => JSON.parse(unmask(JSON.stringify(id))) as string;
  return {
    mask,
    maskJson,
    stream: () => new MaskStream(find),
    seal: (json) => maskJson(json.replaceAll(NAMED, LOOKALIKE).replaceAll(MASKED, LITERAL)),
    unmask,
    unseal: (json) => (json.includes(MARKED) ? changeTexts(json, { text: unseal, id: asItWas }) : json),
  };
}

/** Credentials of well-known shapes, and what stands after names that speak of secrets. */
export function maskShapes(text: string): string {
  return marked(text, SHAPES_ALONE);
}

/** Takes certain values out of texts, and nothing else: an answer may well speak of keys. Shorter ones than 8 characters stay. */
export function maskOfValues(values: readonly string[]): Pick<SecretMask, 'mask' | 'stream'> {
  const find = throughCodes(findKnown(knownValues(formsByValue(new Map(), values))));
  return { mask: (text) => marked(text, find), stream: () => new MaskStream(find) };
}

/** Of a text whose key says that it is one: whole, unless it is a reference to one. */
function secretText(text: string, masked: string): string {
  if (text.length < SHORTEST_SECRET || isPlaceholder(text) || /^«masked[^»]*»$/.test(masked)) return masked;
  return MASKED;
}

function marked(text: string, find: FindSecrets): string {
  if (text.length < 3) return text;
  const { spans } = find(text);
  return spans.length === 0 ? text : withMarks(text, spans);
}

const NOTHING = knownValues(new Map());
const SHAPES_ALONE = findAll(() => NOTHING);

/** Known secrets: collected at first use, and anew when agents with secrets were made meanwhile. */
function knownSecrets(secrets: ReadonlyMap<string, string>, more: readonly string[]): () => KnownValues {
  let version = -1;
  let known = NOTHING;
  return () => {
    if (version === learnedVersion) return known;
    version = learnedVersion;
    known = knownValues(new Map([...formsByLearned(), ...formsByValue(secrets, more)]));
    return known;
  };
}

function formsByLearned(): [string, string | null][] {
  return [...learnedSecrets()].flatMap(([value, name]) => formsOf(value, name));
}

function formsByValue(secrets: ReadonlyMap<string, string>, more: readonly string[]): Map<string, string | null> {
  const unnamed = more.filter(({ length }) => length >= SHORTEST_SECRET).flatMap((value) => formsOf(value, null));
  const forms = [...secrets]
    .flatMap(([name, value]) => formsOf(value, name))
    .filter(([form]) => form.length >= SHORTEST_SECRET);
  // A value that has a name keeps it, whatever else it is.
  return new Map([
    ...unnamed,
    ...forms.filter(([, name]) => name === null),
    ...forms.filter(([, name]) => name !== null),
  ]);
}
