import { describe, expect, it } from 'vitest';
import { codePlaces, isPromptCode, type PromptMode } from '../../../src/node/command/prompt-code.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const P = '{{prompt}}';
/** Words apart by spaces, `'…'` as one. */
const words = (line: string) => (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''));
const told = (line: string, mode: PromptMode = line.includes(P) ? 'argument' : 'stdin') =>
  isPromptCode(words(line), mode);

describe('A prompt is code', () => {
  it.each([
    `bash -c ${P}`,
    `bash -c '$1' x ${P}`,
    `bash -c 'cd /tmp; "$@"' x ${P}`,
    `bash -c 'bash <<< "$1"' x ${P}`,
    `gawk -f x.awk -e ${P}`,
    `git -c core.pager=${P} log`,
    `find . -exec ${P} ;`,
    `tar --checkpoint-action=exec=${P} x`,
    `go run ${P}`,
    `adb shell ${P}`,
    `ansible all -a ${P}`,
    `socat - EXEC:${P}`,
    `nodemon --exec ${P}`,
    `zx -e ${P}`,
    `ipython -c ${P}`,
    `python3-dbg -c ${P}`,
    `python3 -m timeit ${P}`,
    `autossh -M 0 host ${P}`,
    'xargs -0 -I X sh -c X',
    `sh -c 'read -r x; $x'`,
    `sh -c 'xargs sh -c'`,
    `sh -c 'cat|python3'`,
    'pwsh -',
    'awk -f -',
    'sed -f /dev/stdin x',
    'crontab -',
    'python -i x.py',
    'chroot /x',
    'unshare -r',
    'script',
    'nix develop',
    'uv run --with x -',
    'm4',
    '/lib64/ld-linux-x86-64.so.2 /bin/bash',
    `sh -ec ${P}`,
    `/bin/bash -o pipefail -c ${P}`,
    `bash -c -e ${P}`,
    `bash -c 'cd /tmp && ${P}'`,
    `bash ${P}`,
    `/usr/bin/env bash -c ${P}`,
    `/usr/bin/env FOO=1 sh -ec ${P}`,
    `env -S 'bash -c' ${P}`,
    `env -i ${P}`,
    `env -u HOME bash -lc ${P}`,
    `nice -n 5 timeout -k 1 30 zsh -c ${P}`,
    `xargs ${P}`,
    `xargs -I{} sh -c ${P}`,
    `ssh host ${P}`,
    `ssh -i key user@host claude -p ${P}`,
    `sshpass -p x ssh host ${P}`,
    `docker exec x sh -c ${P}`,
    `docker exec -i -w /w x ${P}`,
    `docker run --rm -it alpine sh -c ${P}`,
    `docker run --entrypoint bash image -c ${P}`,
    `kubectl exec -n a pod -- sh -c ${P}`,
    `su -c ${P}`,
    `su bob -c ${P}`,
    `sudo -u bob bash -c ${P}`,
    `sudo -s ${P}`,
    `unknown-wrapper -x bash -c ${P}`,
    `node -e ${P}`,
    `node --eval=${P}`,
    `node --input-type=module -pe ${P}`,
    `node --import data:text/javascript,${P} script.js`,
    `npx tsx -e ${P}`,
    `npx -c ${P}`,
    `deno eval ${P}`,
    `bun -e ${P}`,
    `python -c ${P}`,
    `python3.12 -Ic ${P}`,
    `uv run python -c ${P}`,
    `C:\\Windows\\System32\\cmd.exe /s /c ${P}`,
    `powershell -NoProfile -Command ${P}`,
    `PowerShell.exe -Command Invoke ${P}`,
    `pwsh -c ${P}`,
    `php -r ${P}`,
    `lua5.4 -e ${P}`,
    `osascript -e ${P}`,
    `perl -lane ${P}`,
    `ruby -rjson -e ${P}`,
    `Rscript -e ${P}`,
    `awk ${P}`,
    `gawk -F , ${P} file`,
    `sed -n ${P}`,
    `eval ${P}`,
    `psql -c ${P}`,
    `sqlite3 file.db ${P}`,
    `watch ${P}`,
    `make ${P}`,
    `bash -c 'eval "$1"' _ ${P}`,
    `nix-shell -p hello --run ${P}`,
    `script -qc ${P} /dev/null`,
    `flock file -c ${P}`,
    `busybox sh -c ${P}`,
  ])('as an argument of %s', (line) => {
    expect(told(line)).toBe(true);
  });

  it.each([
    'bash',
    'bash -s',
    'bash -s arg',
    'sh -',
    'sh -ex',
    'bash --login',
    '/usr/bin/env bash',
    'env A=1 zsh',
    'node',
    'node -',
    'node --input-type=module -',
    'python -',
    'python3',
    'python3 -u -',
    'perl',
    'ruby -',
    'php',
    'deno run -',
    'bun run -',
    'psql mydb',
    'sqlite3 file.db',
    'powershell -Command -',
    'pwsh -NoProfile -NonInteractive',
    'ssh host',
    'ssh -p 22 host bash -s',
    'docker exec -i x sh',
    'docker run -i --rm python',
    'kubectl exec -i pod -- bash',
    'toolbox run -- bash',
    'sudo -u bob bash',
    'sudo -i',
    'timeout 5 bash',
    'su bob',
    'at now',
    'parallel',
    'xargs -I{} sh -c {}',
    'xargs bash -c',
    "bash -c 'cat | sh'",
    'bash -c \'eval "$(cat)"\'',
    "bash -c 'bash -s'",
    'make -f -',
  ])('on stdin of %s', (line) => {
    expect(told(line)).toBe(true);
  });

  it.each([
    `bash -c 'exec my-agent "$1"' bash ${P}`,
    `bash script.sh ${P}`,
    `node agent.js ${P}`,
    `node --import tsx agent.ts ${P}`,
    `python -m my_agent ${P}`,
    `python agent.py --code ${P}`,
    `claude -p ${P}`,
    `my-agent --prompt=${P}`,
    `env PROMPT=${P} my-agent`,
    `env -i my-agent ${P}`,
    `docker run --rm my-agent ${P}`,
    `docker exec x my-agent ${P}`,
    `npx my-agent ${P}`,
    `uv run my-agent ${P}`,
    `timeout 30 my-agent ${P}`,
    `grep bash ${P}`,
    `echo -c ${P}`,
    `constructor ${P}`,
    `awk -v text=${P} '{print text}'`,
    'cat',
    'tr a-z A-Z',
    'wc -c',
    'grep bash',
    'bash script.sh',
    "bash -c 'cat > file'",
    'bash -c \'claude -p "$PROMPT"\'',
    'node agent.js',
    "node -e 'process.stdin.pipe(process.stdout)'",
    "python -c 'import sys; print(sys.stdin.read())'",
    "awk '{print $1}'",
    'docker run -i my-agent',
    'docker run -i node agent.js',
    'ssh host claude -p',
    'xargs echo',
    "su bob -c 'claude -p'",
    'toString',
    '__proto__',
  ])('and is not for %s', (line) => {
    expect(told(line)).toBe(false);
  });

  it('never, when the command gets no prompt', () => {
    expect(isPromptCode(['bash'], 'none')).toBe(false);
  });

  it('appended to a shell and its option', () => {
    expect(isPromptCode(['bash', '-c'], 'argument')).toBe(true);
  });

  it('only in the arguments that are run', () => {
    expect([...codePlaces(['bash', '-c', P, 'bash', P]).arguments]).toEqual([2]);
  });

  it('found in time that grows with the command', () => {
    const cpuMs = cpuMsOf(() => {
      for (const word of ['-c', 'bash', 'env', 'x', "eval '", '|'.repeat(100)]) {
        isPromptCode(['env', ...Array<string>(3000).fill(word), P], 'argument');
      }
    });
    expect(cpuMs).toBeLessThan(2000);
  });
});
