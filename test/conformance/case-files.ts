import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Case, caseFileSchema } from './case.schema.ts';

const FOLDER = path.join(import.meta.dirname, 'cases');

export interface CaseFile {
  /** Its name, without the folder. */
  name: string;
  about: string;
  cases: readonly Case[];
}

/** Every file of cases, checked. */
export const CASE_FILES: readonly CaseFile[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => {
    const { about, cases } = caseFileSchema.parse(JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')));
    return { name, about, cases };
  });
