const RADIUS = 5;

/** A line through corners, which are rounded. */
export function linePath(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${first.x} ${first.y}`;
  let last = first;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    if (next) {
      const before = towards(point, last);
      const after = towards(point, next);
      path += `L${before.x} ${before.y}Q${point.x} ${point.y} ${after.x} ${after.y}`;
    } else path += `L${point.x} ${point.y}`;
    last = point;
  }
  return path;
}

function towards(from: { x: number; y: number }, to: { x: number; y: number }): { x: number; y: number } {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return from;
  const part = Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
