// Preloaded: of each `every` starts of a program the system refuses the first `most` with the code of SOAR_FAULT_SPAWN.
import { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

const { code, every, most } = JSON.parse(process.env.SOAR_FAULT_SPAWN);
const { spawn } = ChildProcess.prototype;
let starts = 0;
ChildProcess.prototype.spawn = function (options) {
  const isRefused = starts % every < most;
  starts += 1;
  // As the system would: the handle starts no process, and gives the code.
  if (isRefused) this._handle.spawn = () => -constants.errno[code];
  return spawn.call(this, options);
};
