import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consumerApp, packPackage } from '../support/packed-package.ts';

const run = promisify(execFile);
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
const ANSWERS = ['hello', 'haha', 'connection', 'function'];
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

let tarball = '';
let out = '';
let removePackage = async () => {};

beforeAll(async () => {
  const packed = await packPackage();
  tarball = packed.tarball;
  removePackage = packed.remove;
  out = await mkdtemp(path.join(tmpdir(), 'soar-bundles-'));
});

afterAll(async () => {
  await removePackage();
  await rm(out, { recursive: true, force: true });
});

/** What an app prints that stands alone, away from everything that it was made of. */
async function printedBy(file: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [file], { cwd: out });
  return JSON.parse(stdout);
}

describe('a server app that was bundled into one file', () => {
  for (const { format, ending, banner, answers } of [
    { format: 'cjs', ending: 'cjs', banner: '', answers: ANSWERS },
    // The AI SDK has a part in CommonJS, for which esbuild wants a `require` in modules.
    { format: 'esm', ending: 'mjs', banner: '', answers: ['hello', 'haha', expect.any(String), 'function'] },
    { format: 'esm', ending: 'required.mjs', banner: REQUIRE, answers: ANSWERS },
  ] as const) {
    it(`runs a plan when esbuild made it, as ${format}${banner && ' with `require`'}`, async () => {
      const app = await consumerApp('webpack', tarball);
      const outfile = path.join(out, `esbuild.${ending}`);
      const { errors } = await esbuild({
        entryPoints: [path.join(app, 'app.mjs')],
        bundle: true,
        platform: 'node',
        format,
        outfile,
        banner: { js: banner },
        logLevel: 'silent',
      });
      expect(errors).toEqual([]);
      expect(await printedBy(outfile)).toEqual(answers);
    });
  }

  it('runs a plan when webpack made it', async () => {
    const app = await consumerApp('webpack', tarball);
    const { stdout } = await run(process.execPath, ['build.mjs', out], { cwd: app, env });
    expect(JSON.parse(stdout)).toEqual([]);
    expect(await printedBy(path.join(out, 'webpack.cjs'))).toEqual(ANSWERS);
  });

  it('runs a plan when vite made it, for servers', async () => {
    const app = await consumerApp('webpack', tarball);
    const { build } = await import('vite');
    await build({
      root: app,
      logLevel: 'error',
      configFile: false,
      ssr: { noExternal: true },
      build: {
        ssr: 'app.mjs',
        outDir: path.join(out, 'vite'),
        emptyOutDir: true,
        rolldownOptions: { output: { entryFileNames: 'app.mjs' } },
      },
    });
    expect(await printedBy(path.join(out, 'vite/app.mjs'))).toEqual(ANSWERS);
  });
});

describe('a Next.js app', () => {
  it('builds with a route that runs plans, and answers by it', async () => {
    const app = await consumerApp('next', tarball);
    const next = path.join(app, 'node_modules/next/dist/bin/next');
    await run(process.execPath, [next, 'build'], { cwd: app, env });
    const server = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', '0'], { cwd: app, env });
    const ended = once(server, 'exit');
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let said = '';
        const read = (chunk: Buffer) => {
          said += chunk;
          const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
          if (address && said.includes('Ready')) resolve(address);
        };
        server.stdout.on('data', read);
        server.stderr.on('data', read);
        server.on('exit', () => reject(new Error(said)));
      });
      const response = await fetch(`${url}/api/run?prompt=ha`);
      expect(await response.json()).toEqual({ said: 'ha', twice: 'haha' });
    } finally {
      server.kill('SIGKILL');
      await ended;
      await rm(path.join(app, '.next'), { recursive: true, force: true });
    }
  });
});

describe('TypeScript 5.4, which checks the types of libraries, too', () => {
  const SETTINGS = [
    { title: 'modules, by the rules of Node', flags: ['--module', 'NodeNext', '--moduleResolution', 'NodeNext'] },
    {
      title: 'CommonJS, by the rules of Node',
      flags: ['--module', 'Node16', '--moduleResolution', 'Node16'],
      file: 'use.cts',
    },
    { title: 'modules, for a bundler', flags: ['--module', 'ESNext', '--moduleResolution', 'bundler'] },
    {
      title: 'CommonJS, by the old rules',
      flags: ['--module', 'commonjs', '--moduleResolution', 'node10'],
      isLenient: true,
    },
  ];
  for (const { title, flags, file = 'use.ts', isLenient = false } of SETTINGS) {
    it(`compiles a use of each entry point as ${title}`, async () => {
      const app = await consumerApp('types', tarball);
      const compiler = path.join(app, 'node_modules/typescript/bin/tsc');
      const common = ['--strict', '--noEmit', '--target', 'ES2022', '--lib', 'ES2022,DOM', '--types', 'node'];
      // By the old rules the types of others do not find each other.
      const checked = ['--skipLibCheck', String(isLenient), '--esModuleInterop'];
      const args = [compiler, ...flags, ...common, ...checked, file];
      const { stdout } = await run(process.execPath, args, { cwd: app }).catch((error: { stdout: string }) => error);
      expect(stdout).toBe('');
    });
  }

  it('is not needed to `require` each entry point', async () => {
    const app = await consumerApp('types', tarball);
    const names = ['', '/machines', '/node', '/agents/ai-sdk', '/testing', '/otel'].map(
      (entry) => `soar-machine${entry}`,
    );
    const code = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => Object.keys(require(name)).length > 0)))`;
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: app });
    expect(JSON.parse(stdout)).toEqual(names.map(() => true));
  });
});

describe('jest', () => {
  it('runs tests of an app, with real and with fake timers', async () => {
    const app = await consumerApp('jest', tarball);
    const jest = path.join(app, 'node_modules/jest/bin/jest.js');
    const args = ['--experimental-vm-modules', jest, '--ci', '--json', '--runInBand'];
    const { stdout } = await run(process.execPath, args, { cwd: app, env: { ...env, NODE_ENV: 'test' } }).catch(
      (error: { stdout: string }) => error,
    );
    const { testResults } = JSON.parse(stdout) as { testResults: { message: string; assertionResults: object[] }[] };
    expect(testResults.map(({ message }) => message)).toEqual(['']);
    expect(testResults[0]?.assertionResults).toHaveLength(3);
  });
});
