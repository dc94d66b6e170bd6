import { randomBytes, timingSafeEqual } from 'node:crypto';

/** A first part of a path that cannot be guessed: a client that knows it may look. */
export function newToken(): string {
  return randomBytes(18).toString('base64url');
}

/** Whether a token is the right one; how long that takes says nothing about it. */
export function isSameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
