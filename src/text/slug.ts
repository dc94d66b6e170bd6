const MAX_CHARS = 40;

/** A kebab-case id from a title, unlike those already taken, which it joins. */
export function uniqueSlug(title: string, taken: Set<string>): string {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/['’]/g, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  let base = '';
  for (const word of words) {
    if (base !== '' && base.length + word.length >= MAX_CHARS) break;
    base = base === '' ? word.slice(0, MAX_CHARS) : `${base}-${word}`;
  }
  base ||= 'part';
  let slug = base;
  for (let n = 2; taken.has(slug); n++) slug = `${base}-${n}`;
  taken.add(slug);
  return slug;
}
