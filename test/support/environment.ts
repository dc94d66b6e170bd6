/**
 * Loaded before any test process is started, which gets this environment. Of the one that the tests were started in it keeps
 * what machines need to run anything at all. Settings of ours, keys and secrets, which are masked wherever they occur, colours,
 * proxies, options of Node and what a hook of git sets would change what is tested.
 */
const KEPT = /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TEMP|TMP|TZ|LD_LIBRARY_PATH|FONTCONFIG_\w+)$/;
/** What tests are recognized by those that run them. */
const FOR_TESTS = /^(?:NODE_ENV|VITEST\w*|TEST|DEV|PROD|MODE|SSR|BASE_URL|ORACLE_\w+|MUTATION_\w+|_*STRYKER\w*)$/;

for (const name of Object.keys(process.env)) if (!KEPT.test(name) && !FOR_TESTS.test(name)) delete process.env[name];

// What is started says it in English, and does not complain first that a locale is not installed.
process.env.LC_ALL = 'C';
