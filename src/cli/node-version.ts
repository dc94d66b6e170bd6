/** The oldest version of Node that works, as `engines` in package.json says. */
const OLDEST = [22, 13] as const;

/** Why this version of Node does not do, as a sentence; null when it does. */
export function nodeVersionFault(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `soar needs Node ${OLDEST.join('.')} or later; this is Node ${version}. Install a newer one from https://nodejs.org, or with a version manager.`;
}
