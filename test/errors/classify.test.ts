import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyText, createPatternScanner } from '../../src/errors/classify.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

describe('classifyText', () => {
  it.each([
    ['Error: rate limit exceeded', 'rate_limited'],
    ['RATE LIMIT EXCEEDED', 'rate_limited'],
    ['API rate-limit hit', 'rate_limited'],
    ['ratelimit exceeded', 'rate_limited'],
    ['rate limit', 'rate_limited'],
    ['rate_limit_error', 'rate_limited'],
    ['RateLimitError: slow down', 'rate_limited'],
    ['429 Too Many Requests', 'rate_limited'],
    ['429 Rate limit', 'rate_limited'],
    ['Error: 429', 'rate_limited'],
    ['HTTP 429', 'rate_limited'],
    ['HTTP/1.1 429', 'rate_limited'],
    ['Inference error: 429 Too Many Requests', 'rate_limited'],
    ['Agent terminated: rate limit exceeded', 'rate_limited'],
    ['API rate limit reached', 'rate_limited'],
    ['You have exceeded your rate limit', 'rate_limited'],
    ['Request failed with status code 429', 'rate_limited'],
    ["Error code: 429 - {'error': {'message': 'Rate limit exceeded', 'type': 'rate_limit_error'}}", 'rate_limited'],
    ['Error: quota_exceeded', 'rate_limited'],
    ['quota exceeded', 'rate_limited'],
    ['You exceeded your current quota, please check your plan', 'rate_limited'],
    ['{"error":{"status":"RESOURCE_EXHAUSTED"}}', 'rate_limited'],
    ['Claude AI usage limit reached|1790000000', 'rate_limited'],
    ["You've hit your limit", 'rate_limited'],
    ['You’ve hit your limit', 'rate_limited'],
    ["You've hit your 5-hour limit", 'rate_limited'],
    ["You've hit your weekly Sonnet limit", 'rate_limited'],
    ['Limit reached', 'rate_limited'],
    ['Weekly limit reached', 'rate_limited'],
    ['You have exhausted your daily quota on this model.', 'rate_limited'],
    ["You're out of extra usage", 'rate_limited'],
    ['Error: usage limit', 'rate_limited'],
    ['too many requests', 'rate_limited'],
    ['Resource exhausted', 'rate_limited'],
    ['Resource has been exhausted (e.g. check quota).', 'rate_limited'],
    ['{"error":{"code":"usage_limit_reached"}}', 'rate_limited'],
    ['已达到使用上限', 'rate_limited'],
    ['额度已用完', 'rate_limited'],
    ['Your credit balance is too low to access the API', 'forbidden'],
    ['401 Unauthorized', 'auth'],
    ['API Error: 401 Unauthorized', 'auth'],
    ['Error: Unauthorized (401)', 'auth'],
    ['unauthorized', 'auth'],
    ['Authentication failed: unauthorized access', 'auth'],
    ['authentication failed - check your API key', 'auth'],
    ['authentication_failed', 'auth'],
    ['Invalid API key provided', 'auth'],
    ['Invalid API key · Please run /login', 'auth'],
    ["Error code: 401 - {'error': {'message': 'Incorrect API key provided'}}", 'auth'],
    ['{"type":"error","error":{"type":"authentication_error","message":"x"}}', 'auth'],
    ['403 Forbidden', 'forbidden'],
    ['API Error: 403 Forbidden', 'forbidden'],
    ["forbidden - you don't have access", 'forbidden'],
    ['Error: Forbidden', 'forbidden'],
    ['Insufficient permissions to access resource', 'forbidden'],
    ['API Error: The provided model identifier is invalid', 'invalid_model'],
    [
      'API Error (us.anthropic.claude-sonnet-4-5-20250929-v1:0): 400 The provided model identifier is invalid.',
      'invalid_model',
    ],
    ['Invalid model identifier', 'invalid_model'],
    ['invalid model specified', 'invalid_model'],
    ['model not available in your region', 'invalid_model'],
    ["model identifier doesn't exist", 'invalid_model'],
    ['Error: model-not-available', 'invalid_model'],
    ["Error: model 'llama9' not found, try pulling it first", 'invalid_model'],
    ['The model `gpt-9` does not exist or you do not have access to it.', 'invalid_model'],
    ['400 Bad Request', 'invalid_request'],
    ['Invalid request parameters', 'invalid_request'],
    ['Malformed JSON in request body', 'invalid_request'],
    ['bad request - check your parameters', 'invalid_request'],
    ['API Error: 400 {"type":"error","error":{"type":"invalid_request_error"}}', 'invalid_request'],
    ['404 Not Found', 'not_found'],
    ['API Error: 404 Not Found', 'not_found'],
    ['Endpoint not found', 'not_found'],
    ['500 Internal Server Error', 'transient'],
    ['API Error: 500 Internal Server Error', 'transient'],
    ['502 Bad Gateway', 'transient'],
    ['API-Error: Bad gateway (502)', 'transient'],
    ['503 Service Unavailable', 'transient'],
    ['API error: Service unavailable', 'transient'],
    ['504 Gateway Timeout', 'transient'],
    ['Error: 500', 'transient'],
    ['API Error: 529 {"error":{"type":"overloaded_error"}}', 'transient'],
    ['Failed to parse JSON response', 'transient'],
    ['JSON decode error', 'transient'],
    ['JSON parse error', 'transient'],
    ['Invalid JSON in response body', 'transient'],
    ['SyntaxError: Unexpected token \'<\', "<html>" is not valid JSON', 'transient'],
    ['Timeout occurred', 'transient'],
    ['Connection refused', 'connection'],
    ['connection-refused', 'connection'],
    ['connection_error', 'connection'],
    ['Error: ECONNRESET - connection reset by peer', 'connection'],
    ['connect ETIMEDOUT 10.0.0.1:443', 'connection'],
    ['Connection error - please retry', 'connection'],
    ['Network timeout', 'connection'],
    ['Network connection error', 'connection'],
    ["HTTPSConnectionPool(host='api.example.com', port=443): Read timed out. (read timeout=60)", 'connection'],
    ['API call failed', 'inference'],
    ['Inference error occurred', 'inference'],
    ['Model inference timeout', 'inference'],
    ['API error', 'inference'],
    ['APIError: something', 'inference'],
  ])('reads %j as %s', (text, kind) => {
    expect(classifyText(text)?.kind).toBe(kind);
  });

  it.each([
    [''],
    ['implementing rate limiter'],
    ['Recursion limit reached'],
    ['Error: memory limit exceeded'],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    ['you have reached your context limit'],
    ['System limit for number of file watchers reached'],
    ['超出内存限制'],
    ['Rate limiter initialised'],
    ['forbidden headers'],
    ['Checking forbidden headers'],
    ['wrote 429 lines'],
    ['429 lines written'],
    ['API error handler registered'],
    ['processed 140012 rows'],
    ['took 400 ms'],
    ['error: 400 lines do not match'],
    ['src/http.ts:404:13 - error TS2304: Cannot find name'],
    ['Error: file not found: notes.txt'],
    ["Error: ENOENT: no such file or directory, open 'x.json'"],
    ['bash: foo: command not found'],
    ['Implementing handling for HTTP 429 responses'],
    ['Added a test for 401 Unauthorized'],
    ['I will now write the connection reset helper'],
    ['Checking API status... OK'],
    ['Debug: Retrying connection'],
    ['Establishing connection to server...'],
    ['Info: Using fallback strategy'],
    ['Warning: Cache miss, fetching from API'],
    ['Loading model weights'],
    ['3 tests failed'],
    ['Permission denied: /etc/shadow'],
  ])('finds nothing in %j', (text) => {
    expect(classifyText(text)).toBeNull();
  });

  it('finds the error among other lines, colours and padding', () => {
    const padding = 'all is well\n'.repeat(200);
    expect(classifyText(`${padding}\u001b[31mError:\u001b[0m   Rate limit exceeded (429)\r\n${padding}`)).toEqual({
      kind: 'rate_limited',
      pattern: expect.stringMatching(/rate limit exceeded/i),
    });
  });

  it('finds it behind colours in its midst, and not behind 8192 other characters', () => {
    expect(classifyText('HTTP \u001b[1m429\u001b[0m')?.kind).toBe('rate_limited');
    expect(classifyText(`${'x'.repeat(8180)} Error: 429`)?.kind).toBe('rate_limited');
    expect(classifyText(`${'x'.repeat(8192)} Error: 429`)).toBeNull();
  });

  it('puts a rate limit before everything else, and a wrong model before the status it comes with', () => {
    expect(classifyText('401 Unauthorized - connection failed')?.kind).toBe('auth');
    expect(classifyText('connection refused\n401 Unauthorized\n403: rate limit exceeded')?.kind).toBe('rate_limited');
    expect(classifyText('404 {"error":"model not found"}')?.kind).toBe('invalid_model');
  });

  it('believes a line that begins like work but reports a failure', () => {
    expect(classifyText('Creating session failed: 401 Unauthorized')?.kind).toBe('auth');
  });

  it('stays fast on lines made to be slow', () => {
    const cpuMs = cpuMsOf(() => {
      classifyText(`error${' '.repeat(8000)}x 429 api`);
      for (const part of [
        'error ',
        'error(',
        '(',
        '"',
        '- ',
        'model ',
        'rate limit ',
        'exceeded ',
        ' ',
        'http 4',
        '1m',
        '{"',
      ]) {
        classifyText(part.repeat(4000));
        classifyText(`429 api ${part.repeat(4000)}`);
      }
    });
    expect(cpuMs).toBeLessThan(2000);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        classifyText(text);
      }),
    );
  });
});

describe('a pattern scanner', () => {
  it('reports a line once, when it is complete', () => {
    const scanner = createPatternScanner();
    expect(scanner.push('Error: rate lim')).toBeNull();
    expect(scanner.push('it exceeded')).toBeNull();
    expect(scanner.push('\nnext')).toEqual({ kind: 'rate_limited', line: 'Error: rate limit exceeded' });
    expect(scanner.push('\n')).toBeNull();
  });

  it('reports the line alone, however it was cut', () => {
    const scanner = createPatternScanner();
    expect(scanner.push('  Error: \u001b[31mForbidden\u001b[0m  \n')?.line).toBe('Error: Forbidden');
    expect(scanner.push('all is well\nHTTP 4')).toBeNull();
    expect(scanner.push('29\n')?.line).toBe('HTTP 429');
  });

  it('reports the most severe of the lines that a piece completes, of several as severe the first', () => {
    const scanner = createPatternScanner();
    expect(scanner.push('HTTP 429\nError: 429\n')?.line).toBe('HTTP 429');
    expect(scanner.push('ECONNRESET\n429 Too Many Requests\n500 Internal Server Error\n')?.kind).toBe('rate_limited');
  });

  it('takes a carriage return for the end of a line', () => {
    expect(createPatternScanner().push('working\rError: Forbidden\r')?.kind).toBe('forbidden');
  });

  it('looks at the beginning of an endless line once, and never again at its rest', () => {
    const scanner = createPatternScanner();
    expect(scanner.push(`Error: 429 ${'x'.repeat(10_000)}`)?.kind).toBe('rate_limited');
    expect(scanner.push(' Error: 429 ')).toBeNull();
    expect(scanner.push('\n')).toBeNull();
    expect(scanner.push('401 Unauthorized\n')?.kind).toBe('auth');
  });

  it('finds the same however the text is cut', () => {
    const text = 'one\nError: Forbidden\ntwo\nECONNREFUSED\n';
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const scanner = createPatternScanner();
        const kinds = at.slice(1).map((end, i) => scanner.push(text.slice(at[i], end))?.kind);
        expect(kinds).toContain('forbidden');
      }),
    );
  });

  it.each([
    'Attempt 1 failed with status 429. Retrying with backoff...',
    '429 Too Many Requests, retrying in 10s (attempt 1/5)',
    'HTTP 429: next attempt in 4 s',
    'Error: 429 Too Many Requests (attempt 2 of 6)',
    'stream error: connection reset; reconnecting 1/5',
    'rate limit exceeded, will retry',
    'HTTP 503 Service Unavailable. Trying again in 2 seconds',
    'API error 529: overloaded, sleeping 8s',
    'Error: 429. Backing off.',
    'rate limited, in 10s',
  ])('suspects nothing where the tool tries again by itself: %s', (line) => {
    expect(createPatternScanner().push(`${line}\n`)).toBeNull();
  });

  it.each([
    'Error: 429 Too Many Requests',
    'Attempt 5/5 failed: HTTP 429',
    'HTTP 429, giving up after 5 attempts',
    'Error: 429, not retrying',
    'Max retries exceeded: 429 Too Many Requests',
    'Rate limit reached. Please try again in 20s.',
    'HTTP 429, all retries exhausted',
    "You've hit your limit, resets in 3h",
  ])('suspects a limit that is not tried again: %s', (line) => {
    expect(createPatternScanner().push(`${line}\n`)?.kind).toBe('rate_limited');
  });

  it('takes what a tool prints of an error it mends for a part of that', () => {
    const scanner = createPatternScanner();
    const dump =
      '[{\n  "error": {\n    "code": 429,\n    "status": "RESOURCE_EXHAUSTED"\n  }\n}]\n    at request (x.js:1)\n';
    expect(scanner.push('Error: 429 Too Many Requests\nRetrying in 5 s\n')).toBeNull();
    expect(scanner.push(dump)).toBeNull();
    expect(scanner.push('Error: 429 Too Many Requests\n')?.kind).toBe('rate_limited');
  });

  it('reads a stream in time linear in its length', () => {
    const scanner = createPatternScanner();
    const cpuMs = cpuMsOf(() => {
      for (let i = 0; i < 20_000; i += 1) scanner.push('an unfinished line of an agent ');
    });
    expect(cpuMs).toBeLessThan(1000);
  });
});
