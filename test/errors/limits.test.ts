import { describe, expect, it } from 'vitest';
import { limitResetMs } from '../../src/errors/limits.ts';

const NOW = Date.parse('2026-12-01T06:00:00Z');
const at = (text: string) => {
  const ms = limitResetMs(text, NOW);
  return ms === null ? null : new Date(NOW + ms).toISOString();
};

describe('a limit in another language', () => {
  it.each([
    ['Vous avez atteint votre limite. Réinitialisation à 17h30 (Europe/Paris)', '2026-12-01T16:30:00.000Z'],
    ['Limite de uso atingido · redefine às 17h (America/Sao_Paulo)', '2026-12-01T20:00:00.000Z'],
    ['Nutzungslimit erreicht, wieder ab 17 Uhr (Europe/Berlin)', '2026-12-01T16:00:00.000Z'],
    ['Límite de uso alcanzado: se restablece a las 17 h (Europe/Madrid)', '2026-12-01T16:00:00.000Z'],
    ['Limite atteinte, réessayez dans 2 heures', '2026-12-01T08:00:00.000Z'],
    ['Nutzungslimit erreicht. Versuche es in 2 Stunden und 15 Minuten erneut', '2026-12-01T08:15:00.000Z'],
    ['Límite alcanzado; se restablece en 45 minutos', '2026-12-01T06:45:00.000Z'],
    ['Limite raggiunto, riprova tra 3 ore', '2026-12-01T09:00:00.000Z'],
    ['Лимит исчерпан, попробуйте через 2 часа', '2026-12-01T08:00:00.000Z'],
  ])('resets when it says: %s', (text, instant) => {
    expect(at(text)).toBe(instant);
  });
});

describe('a limit without the word', () => {
  it.each([
    ['Spending cap reached resets Dec 3, 2026, 9:00 AM (Asia/Calcutta)', '2026-12-03T03:30:00.000Z'],
    ['Fair use threshold exceeded, back at 15:00 UTC', '2026-12-01T15:00:00.000Z'],
    ['You are out of messages until 9 PM UTC.', '2026-12-01T21:00:00.000Z'],
  ])('resets when it says: %s', (text, instant) => {
    expect(at(text)).toBe(instant);
  });
});

it.each([
  'The 5h limit is a window of its own',
  'limit (5h window) of the plan',
  'The time limit of a step is set in 3 places',
  'escape threshold of 3, see line 12:30',
  'out of memory at 15:00',
  'The limit was found in 2 tests',
  'exceeded the time limit in 5 seconds',
  'The limit was hit over 10 min ago',
])('reads no time in: %s', (text) => {
  expect(at(text)).toBeNull();
});
