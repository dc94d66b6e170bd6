const SAID: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'the system does not permit it',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'part of it is a file, not a folder',
  EISDIR: 'it is a folder',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  ENXIO: 'it is a socket or a device that is not there',
  EAGAIN: 'there is nothing to read in it yet',
  EBUSY: 'another program uses it',
  EIO: 'the device reports an error',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  ESTALE: 'its file server has replaced it',
  ETIMEDOUT: 'its file server does not answer',
  ERR_INVALID_ARG_VALUE: 'its name contains a null character',
};

/** Why something could not be done with a file or folder, as the end of a sentence without its full stop. */
export function pathFault(cause: unknown): string {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException;
  return SAID[code] ?? message;
}
