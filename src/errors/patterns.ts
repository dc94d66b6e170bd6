import type { ErrorKind } from '../types/error-kind.ts';

/**
 * Words after a phrase when a line talks *about* an error instead of reporting one: `rate limit handler`,
 * `forbidden headers`, `API error class`.
 */
const ABOUT = String.raw`(?![-_ ]*(?:handl|middleware|tests?\b|helper|class|module|function|logic|code\b|headers?\b|limiter|regist|config|support|docs?\b|documentation|detect|section|pages?\b|polic|retr(?:y|ies)\b|routes?\b|words?\b|fields?\b))`;

/** Where a statement begins: at the start of the line, or after a prefix such as `Error:`, `[claude]`, `"message": "`. */
const START = String.raw`(?:(?:^|[:\]!>|({=—–-]|✗|×|⚠|error|err!)\s*["'({\[]{0,4}\s*)`;

/** Where it ends, or continues. */
const STOP = String.raw`(?=\s*(?:$|["'.,:;!()\[\]{}|—–-]|for\b|on\b|by\b|from\b|while\b|when\b|after\b|in\b|to\b|access\b|request\b|occurred\b|detected\b|error\b))`;

/** A status is one only where it is called one: `HTTP 429`, `status code: 429`, `Error 429`, `API Error (model): 429`. */
const STATUS_LABEL = String.raw`(?:\bhttp(?:\/[\d.]+)?|\bstatus(?:[ _-]?code)?|\berror(?:[ _-]?code)?|\bcode|\bresponse)["']?\s*(?:\([^)]{0,120}\))?\s*(?:[:=#]\s*|\s)["'(\[]?\s*`;

/** Things that are counted: `error: 429 lines` is not a status. */
const UNIT = String.raw`(?!\s*(?:lines?|bytes?|[kmg]i?b|files?|items?|tests?|tokens?|rows?|chars?|characters|words|times|errors?|warnings?|m?s|seconds?|minutes?|records?|requests? (?:ok|done|handled)|of)\b|[\d.,]*\d|%)`;

function status(codes: string, names: string): string[] {
  return [
    `${STATUS_LABEL}(?:${codes})\\b${UNIT}`,
    `(?<![\\w.])(?:${codes})\\s*[:—–-]?\\s*(?:${names})\\b`,
    `[(\\[](?:http\\s*)?(?:${codes})[)\\]]`,
    `^(?:http(?:\\/[\\d.]+)?\\s*)?(?:${codes})\\s*[:{(]`,
  ];
}

/** Limits of a machine or of one request, which no wait lifts. */
const OTHER_LIMIT = String.raw`(?!(?:[\w.-]{1,24} ){0,3}(?:context|turns?|output|size|time|timeout|memory|heap|stack|recursion|depth|budget|spend|spending|length|file|files|line|disk|storage|retry|retries|attempts?|iterations?|steps?|buffer|process|thread|nesting|complexity|gas|characters?|words?|cpu|open)\b)`;

const words = (text: string) => text.replaceAll(' ', '[ _-]?');

/**
 * By kind, the most specific first; the first kind with a match anywhere in the text wins. A rate limit comes before all
 * else, as providers answer it with 403 or 400 too; a wrong model before the 400 or 404 it comes with; permanent kinds
 * before passing ones; the vague `inference` last.
 */
const SOURCES: readonly [kind: ErrorKind, sources: readonly string[]][] = [
  [
    'rate_limited',
    [
      ...status('429', 'too many requests|rate[ _-]?limit(?:ed|s)?'),
      String.raw`\brate[ _-]?limit(?:s|ed|ing)?[ _-]*(?:was |is |has been |have been )?(?:exceeded|reached|hit\b|error\b|exhausted|triggered)${ABOUT}`,
      String.raw`\b(?:exceed(?:ed|s|ing)?|hit|reached|over|surpassed)\b[^\n]{0,60}\b(?:rate|usage|request|token)[ _-]?limits?\b${ABOUT}`,
      String.raw`${START}(?:api |request |provider )?rate[ _-]?limit(?:ed|s)?\b${STOP}${ABOUT}`,
      String.raw`\b(?:been|being|are|is|was|were|got) rate[ _-]?limited\b`,
      String.raw`${START}too many requests\b${ABOUT}`,
      String.raw`\bquota[ _-]*(?:was |is |has been |limit )?(?:exceeded|exhausted|reached)\b${ABOUT}`,
      String.raw`\bexceeded (?:your|the|its)(?: \w+)? quota\b`,
      String.raw`\binsufficient_quota\b|\bRESOURCE_EXHAUSTED\b|\bThrottlingException\b`,
      String.raw`\b(?:usage|session|weekly|5-hour|daily|message) limit (?:has been )?reached\b`,
      String.raw`\b(?:hit|reached|exceeded|used up|exhausted|out of) your ${OTHER_LIMIT}(?:[\w.-]{1,24} ){0,4}(?:limits?|quotas?|usage|allowance)\b${ABOUT}`,
      String.raw`\bout of (?:extra |included |free )?usage\b${ABOUT}`,
      String.raw`${START}(?:the |your )?${OTHER_LIMIT}(?:[\w.-]{1,24} ){0,4}(?:limits?|quota|allowance) (?:has been |have been |was |is |already )?(?:reached|exceeded|hit|exhausted|used up)\b${ABOUT}`,
      String.raw`${START}(?:usage|session|weekly|monthly|daily|hourly|plan|message) (?:\w{1,20} )?limits?\b${STOP}${ABOUT}`,
      String.raw`${START}resources? (?:has been |have been |is |are )?exhausted\b${ABOUT}`,
      String.raw`\b(?:usage|rate|quota)_limit_(?:reached|exceeded)\b`,
      `(?:已达|达到|到达|超出|超过|用完|用尽|耗尽)(?!.{0,8}(?:内存|时间|长度|大小|字数|上下文)).{0,16}(?:上限|限额|额度|配额|用量|使用限制)`,
      `(?:上限|限额|限額|额度|額度|配额|配額|用量).{0,12}(?:已达|达到|已用|用完|用尽|耗尽|不足|超出|超限|達し|超え)`,
      `请求(?:过于|太)?频繁|한도.{0,10}초과|利用制限`,
    ],
  ],
  [
    'auth',
    [
      ...status('401', 'unauthori[sz]ed|authentication'),
      `\\b${words('authentication failed')}\\b${ABOUT}|\\b${words('authentication failure')}\\b${ABOUT}`,
      String.raw`\b(?:failed to authenticate|not authenticated|not logged in|please (?:run )?\W?(?:\/|\w+ )?log ?in)\b`,
      String.raw`${START}unauthori[sz]ed\b${STOP}${ABOUT}`,
      `\\b(?:${words('invalid api key')}|${words('incorrect api key')}|${words('missing api key')}|${words('expired api key')})\\b${ABOUT}`,
      String.raw`\bapi[ _-]?key (?:is |was |has )?(?:not valid|invalid|missing|expired|not (?:set|found|provided)|required)\b`,
      String.raw`\b(?:invalid|expired|revoked) (?:bearer |access |oauth |auth(?:entication)? )token\b${ABOUT}`,
      String.raw`\boauth token (?:has |is )?(?:expired|revoked|invalid)\b`,
      String.raw`\bauthentication_error\b|\bUNAUTHENTICATED\b`,
    ],
  ],
  [
    'forbidden',
    [
      ...status('403', 'forbidden|access denied|permission'),
      String.raw`${START}forbidden\b${STOP}${ABOUT}`,
      String.raw`\b(?:access|request) (?:is |was )?forbidden\b`,
      String.raw`${START}insufficient (?:permissions?|privileges?|scopes?)\b`,
      String.raw`\bpermission_error\b|\bPERMISSION_DENIED\b|\bAccessDenied(?:Exception)?\b`,
      String.raw`\bcredit balance is too low\b|\b402 payment required\b|\bbilling_(?:error|hard_limit_reached)\b`,
    ],
  ],
  [
    'invalid_model',
    [
      String.raw`\bmodel(?:[ _-]identifier|[ _-]name|[ _-]id)?(?:[ :]+["'\x60]?[\w.:\/@-]{1,100}["'\x60]?)?[ _-]+(?:is |was |are )?(?:not[ _-]?(?:found|available|supported)|unavailable|invalid|unknown|does(?: not|n['’]t) exist)\b${ABOUT}`,
      String.raw`\bmodel[ _-]identifier\b[^\n]{0,40}\binvalid\b`,
      String.raw`\b(?:invalid|unknown|unsupported|unrecognized)[ _-]model(?:[ _-](?:identifier|name|id|specified))?\b${STOP}${ABOUT}`,
      String.raw`\bmodel_not_found\b`,
      String.raw`\bnot_found_error\b[^\n]{0,60}\bmodel\b`,
    ],
  ],
  [
    'invalid_request',
    [
      ...status('400|413|422', 'bad request|invalid|unprocessable|payload too large|request entity too large'),
      String.raw`${START}bad request\b${STOP}${ABOUT}`,
      String.raw`${START}invalid request(?: parameters?| body| format)?\b${STOP}${ABOUT}`,
      String.raw`${START}malformed (?:json|request|body|input)\b`,
      String.raw`\binvalid_request_error\b|\bINVALID_ARGUMENT\b|\bcontext_length_exceeded\b`,
      String.raw`\bprompt is too long\b|\bmaximum context length\b`,
    ],
  ],
  [
    'not_found',
    [
      ...status('404', 'not found|no such'),
      String.raw`${START}(?:the )?(?:api )?(?:endpoint|route|resource|deployment) (?:was )?not found\b${ABOUT}`,
      String.raw`\bnot_found_error\b`,
    ],
  ],
  [
    'connection',
    [
      String.raw`\b(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_\w+)\b`,
      String.raw`\bconnection[ _-]?(?:was |has been |is )?(?:refused|reset|closed|aborted|timed out|timeout|lost|dropped|failed|error)\b${ABOUT}`,
      String.raw`\bHTTPS?ConnectionPool\b`,
      String.raw`\bnetwork (?:connection )?(?:timeout|timed out|error|failure|is unreachable|unreachable|is down)\b${ABOUT}`,
      String.raw`\b(?:could not|couldn['’]t|cannot|can['’]t|unable to|failed to) (?:connect to|resolve host|reach the (?:server|api|host))\b`,
      String.raw`\bsocket hang up\b|\bgetaddrinfo\b|\b(?:tls|ssl) handshake (?:failed|timeout|error)\b`,
      String.raw`${START}fetch failed\b`,
    ],
  ],
  [
    'transient',
    [
      ...status(
        '408|425|500|502|503|504|529',
        'internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|overloaded|request timeout|timeout',
      ),
      String.raw`${START}(?:internal server error|bad gateway|service (?:is )?(?:temporarily |currently )?unavailable|gateway time-?out)\b${ABOUT}`,
      String.raw`${START}(?:the )?(?:server|model|api|provider|service) (?:is |was )?(?:currently |temporarily )?(?:overloaded|unavailable)\b`,
      String.raw`\boverloaded_error\b|${START}overloaded\b${STOP}`,
      String.raw`\b(?:failed|unable) to (?:parse|decode) (?:the )?json\b|\bjson[ _-]?(?:parse|decode|decoding|parsing)[ _-]?error\b${ABOUT}|\bjson\.?decodeerror\b`,
      String.raw`${START}invalid json\b${ABOUT}|\bunexpected (?:end of json input|token\b[^\n]{0,80}\bjson)\b`,
      String.raw`${START}(?:read |request |operation )?(?:timed out|timeout (?:occurred|exceeded))\b`,
      String.raw`\bDEADLINE_EXCEEDED\b`,
    ],
  ],
  [
    'inference',
    [
      String.raw`\bapi[ _-]?error\b(?=\s*(?:$|["'.,:;!({\[]|occurred\b|from\b))${ABOUT}`,
      String.raw`\bapi (?:call|request) (?:has )?failed\b`,
      String.raw`\binference (?:error|failed|failure|timeout|timed out)\b${ABOUT}`,
      String.raw`["']type["']\s*:\s*["']api_error["']`,
    ],
  ],
];

export interface Rule {
  kind: ErrorKind;
  pattern: RegExp;
}

/** An expression per kind, in order of severity. */
export const RULES: readonly Rule[] = SOURCES.map(([kind, sources]) => ({
  kind,
  pattern: new RegExp(sources.map((source) => `(?:${source})`).join('|'), 'i'),
}));

/** Every line a rule could match has one of these; most lines have none, and are done with at once. */
export const HINT =
  /limit|quota|allowance|usage|上限|限额|限額|额度|額度|配额|配額|用量|频繁|한도|利用制限|exhausted|throttl|many requests|auth|log ?in|api|forbidden|permission|privilege|scope|denied|balance|billing|payment|model|request|malformed|invalid|json|prompt|context|not[ _]found|conn|timed?[ -_]?out|network|resolve|reach|socket|getaddrinfo|handshake|fetch|server|gateway|unavailable|overloaded|inference|deadline|enotfound|eai_again|unreach|netdown|und_err|\b(?:4\d\d|5\d\d)\b/i;

/** A line that describes work on such things ("Implementing 429 handling"), unless it also reports a failure. */
const PROSE =
  /^[^\p{L}\p{N}]*(?:(?:info|debug|note|todo|log|step \d+)\b\W*)?(?:(?:now|next|i am|i'm|i will|i'll|let me|let's|we)\s+)*(?:implement|add(?:ed|ing|s)?\b|wrote|writ(?:e|es|ing|ten)\b|creat(?:e|ed|es|ing)\b|updat(?:e|ed|es|ing)\b|document|refactor|handl(?:e|es|ed|ing)\b|fix(?:e[ds]|ing)?\b|renam(?:e|ed|es|ing)\b|remov(?:e|ed|es|ing)\b|describ(?:e|ed|es|ing)\b|explain|regist|support(?:s|ed|ing)?\b)/iu;
const REPORTS = /\b(?:errors?|failed|failure|fatal|exception)\s*[:!(]|\berror code\b/i;

export function isProse(line: string): boolean {
  return PROSE.test(line) && !REPORTS.test(line);
}

/** A line by which a tool says that it continues by itself: it tries again, or waits to. */
const RETRIES =
  /\b(?:re-?trying|re-?connecting|trying (?:it )?again|back(?:ing)?[ -]?off(?! limit)|will (?:be )?(?:re-?try|re-?tried|try again|re-?connect|resume)|retry (?:attempt )?#?\d|next (?:attempt|retry|try) in|(?:waiting|sleeping|pausing|delaying) (?:for )?(?:about |~ ?)?\d)/i;
const GIVES_UP =
  /\b(?:giv(?:e|es|ing) up|gave up|not (?:be )?re-?try|no (?:more |further )?(?:retr|attempts)|without (?:a )?retry|(?:won['’]t|cannot|can['’]t|stopped|will not) re-?try|(?:retries|attempts|backoff) (?:were |are |have been )?(?:exhausted|exceeded|used up)|(?:max|maximum|all|exhausted|exceeded|after) (?:\w{1,12} ){0,3}(?:retries|attempts|retry)\b|0 (?:retries|attempts) (?:left|remaining))/i;
/** `attempt 1/5`, `(2 of 3)`: there are more to come. */
const COUNTED = /\b(?:attempt|try|retry)\b[ #:(]{0,3}(\d{1,3}) ?(?:\/|of) ?(\d{1,3})\b|\((\d{1,3})\/(\d{1,3})\)/i;
/** Not where the reader is asked to: `please try again in 20s`, `resets in 3h`. */
const SOON =
  /(?<!\b(?:again|after|please|resets?|reset|available|wait|back|retry|limit|renews?|expires?)(?: \w{1,10})? )\bin (?:about |~ ?)?\d{1,6}(?:\.\d{1,3})? ?(?:ms|s|secs?|seconds?|m|mins?|minutes?)\b/i;

/** Where a line says so, characters. */
const RETRY_CHARS = 400;

/** Whether a line says that the tool mends it by itself: that it spoke of an error is then no reason to suspect one. */
export function isRetrying(text: string): boolean {
  const line = text.slice(0, RETRY_CHARS).replace(/\s+/g, ' ');
  if (GIVES_UP.test(line)) return false;
  const [, n, of, nth, ofAll] = COUNTED.exec(line) ?? [];
  if (n !== undefined || nth !== undefined) return Number(n ?? nth) < Number(of ?? ofAll);
  return RETRIES.test(line) || SOON.test(line);
}
