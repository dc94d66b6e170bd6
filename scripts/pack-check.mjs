/**
 * Checks the package as its users get it: `npm run pack:check`. Packs it, looks at what is in it, installs it into an
 * empty project together with its peers, starts the command, imports every entry point and compiles against its types.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const {
  version,
  exports: entries,
  peerDependencies,
} = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
/** Optional ones too: without them the types of what needs them cannot be checked. */
const peers = await Promise.all(Object.keys(peerDependencies).map(installedVersion));
const modules = Object.keys(entries).filter((entry) => !entry.endsWith('.json'));

/** Entry points that work without Node, and so must compile without its types. */
const ISOMORPHIC = ['.', './machines', './testing'];
/** Entry points whose dependencies bring types that do not compile by themselves: the AI SDK lacks those of `json-schema`. */
const LENIENT = ['./agents/ai-sdk'];
const EXPECTED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs/README.md',
  'schema/plan.schema.json',
  'dist/cli/main.js',
  'dist/visualizer/index.html',
];
const UNWANTED = [
  /\.test\./,
  /^(?:src|test|bench|examples|scripts|node_modules)\/|^docs\/(?![\w-]+\.md$)/,
  /\.map$/,
  /(?:^|\/)\.(?!\/)/,
];

async function installedVersion(name) {
  const manifest = JSON.parse(await readFile(path.join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name}@${manifest.version}`;
}

const failures = [];
let passed = 0;

function check(what, fault) {
  if (fault) failures.push(`${what}: ${fault}`);
  else passed += 1;
  console.log(`${fault ? '✗' : '✓'} ${what}${fault ? `\n${String(fault).trim().replace(/^/gm, '    ')}` : ''}`);
}

/** What a command wrote on stdout, or why it failed. */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  const fault = status === 0 ? null : `${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`;
  return { stdout: stdout ?? '', fault };
}

/** Packs the project; its `prepack` script builds it. */
async function pack(target) {
  const { stdout, fault } = run('npm', ['pack', '--json', '--pack-destination', target], root);
  check('npm pack', fault);
  if (fault) return null;
  // Since npm 11 an object by package name, before an array.
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m))));
  return { tarball: path.join(target, packed.filename), files: packed.files.map((file) => file.path) };
}

function checkContents(files) {
  const filesOf = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(filesOf));
  const targets = Object.values(entries).flatMap(filesOf);
  const wanted = new Set([...EXPECTED, ...targets.map((target) => target.replace(/^\.\//, ''))]);
  const missing = [...wanted].filter((file) => !files.includes(file));
  const unwanted = files.filter((file) => UNWANTED.some((pattern) => pattern.test(file)));
  check(`contents: ${files.length} files`, [...missing.map((file) => `missing ${file}`), ...unwanted].join('\n'));
}

async function checkInstalled(project, tarball) {
  await writeFile(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball, ...peers];
  const { fault } = run('npm', args, project);
  check('npm install of the tarball, with its peers', fault);
  if (fault) return;
  const command = path.join(project, 'node_modules/.bin/soar');
  const started = run(command, ['--version'], project);
  const said = started.stdout.trim();
  check('soar --version', started.fault ?? (said.includes(version) ? null : `expected ${version}, got ${said}`));
  const plan = path.join(project, 'plan.json');
  const agents = { sh: { kind: 'command', command: ['cat'] } };
  await writeFile(plan, JSON.stringify({ agents, tasks: [{ id: 'a', prompt: 'hello from a plan' }] }));
  const ran = run(command, ['run', plan, '--json'], project);
  const output = ran.fault ? null : JSON.parse(ran.stdout).outcomes[0].output;
  check('soar run of a plan', ran.fault ?? (output === 'hello from a plan' ? null : `got ${output}`));
  const viewed = run(command, ['view', '--once', 'run.html'], project);
  check('soar view of that run, as a page', viewed.fault);
  const drawn = run(command, ['machine', 'task', '--svg'], project);
  check('soar machine --svg', drawn.fault ?? (drawn.stdout.startsWith('<svg ') ? null : 'it printed no picture'));
  for (const entry of modules) {
    const name = path.posix.join('soar-machine', entry);
    const code = `const m = await import('${name}'); if (Object.keys(m).length === 0) throw new Error('it exports nothing');`;
    check(`import ${name}`, run(process.execPath, ['--input-type=module', '-e', code], project).fault);
  }
  const schema = `import s from 'soar-machine/plan.schema.json' with { type: 'json' }; if (!s.properties.tasks) throw s;`;
  check('import of the JSON Schema', run(process.execPath, ['--input-type=module', '-e', schema], project).fault);
}

/** Bundles an app for browsers: it loads at first what the docs say, a few per cent more or less, and nothing of what questions need. */
async function checkBundle(project) {
  const contents = "import { createSoar } from 'soar-machine'; createSoar().run({ tasks: [] });";
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: project },
    absWorkingDir: project,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'bundle',
    write: false,
    metafile: true,
  });
  const first = new Set(['bundle/stdin.js']);
  for (const file of first) {
    for (const next of metafile.outputs[file].imports) if (next.kind === 'import-statement') first.add(next.path);
  }
  const texts = outputFiles.filter((file) => first.has(path.relative(project, file.path)));
  const zipped = texts.reduce((sum, { text }) => sum + gzipSync(text).length, 0) / 1000;
  const docs = await readFile(path.join(root, 'docs/performance.md'), 'utf8');
  const [, said] = /^\| `createSoar` \| [\d.]+ \| ([\d.]+) \|$/m.exec(docs) ?? [];
  const isTold = Math.abs(zipped - Number(said)) <= 0.04 * zipped;
  check(`an app in a browser loads ${zipped.toFixed(1)} kB`, isTold ? null : `docs/performance.md says ${said}`);
  const inputs = [...first].flatMap((file) => Object.keys(metafile.outputs[file].inputs));
  const unwanted = inputs.filter((file) =>
    /phases\/(?:assess|decompose|model-\w+)\.js$|agents\/extractive\.js$/.test(file),
  );
  check('what questions need is not loaded at first', unwanted.join('\n'));
}

/** Compiles a file that uses each entry point, with nothing left unchecked but what others' types lack. */
async function checkTypes(project) {
  const configs = [
    { module: 'NodeNext', moduleResolution: 'NodeNext' },
    { module: 'Node16', moduleResolution: 'Node16' },
    { module: 'ESNext', moduleResolution: 'bundler' },
  ];
  for (const resolution of configs) {
    const strict = modules.filter((entry) => !LENIENT.includes(entry));
    for (const { known, types, skipLibCheck, lib } of [
      { known: ISOMORPHIC, types: [], skipLibCheck: false, lib: ['ES2022', 'DOM'] },
      { known: strict, types: ['node'], skipLibCheck: false, lib: ['ES2022'] },
      { known: LENIENT, types: ['node'], skipLibCheck: true, lib: ['ES2022'] },
    ]) {
      const folder = path.join(project, `types-${resolution.moduleResolution}-${types.length}-${skipLibCheck}`);
      const compilerOptions = {
        ...resolution,
        target: 'ES2022',
        lib,
        strict: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck,
        noEmit: true,
        types,
        typeRoots: [path.join(root, 'node_modules/@types')],
      };
      const imports = known.map((entry, i) => `import * as m${i} from '${path.posix.join('soar-machine', entry)}';`);
      const uses = known.map((_, i) => `export const keys${i}: string[] = Object.keys(m${i});`);
      const example = [
        "import { createSoar, type RunResult } from 'soar-machine';",
        'const soar = createSoar({ agents: { twice: ({ prompt }) => prompt + prompt } });',
        "export const result: Promise<RunResult> = soar.run({ tasks: [{ id: 'a', prompt: 'ha' }] }).result;",
      ];
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      await writeFile(path.join(folder, 'use.ts'), [...imports, ...example, ...uses, ''].join('\n'));
      const { fault } = run(
        process.execPath,
        [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
        project,
      );
      const others = types.length === 0 ? 'without the types of Node' : 'with the types of Node';
      const rest = skipLibCheck ? `${others}, skipLibCheck` : others;
      check(`types of ${known.length} entry points, ${resolution.moduleResolution}, ${rest}`, fault);
    }
  }
}

const temporary = await mkdtemp(path.join(tmpdir(), 'soar-pack-'));
try {
  const packed = await pack(temporary);
  if (packed) {
    checkContents(packed.files);
    const project = path.join(temporary, 'consumer');
    await mkdir(project);
    await checkInstalled(project, packed.tarball);
    await checkTypes(project);
    await checkBundle(project);
  }
} finally {
  await rm(temporary, { recursive: true, force: true });
}
console.log(`${passed} checks of the package passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
