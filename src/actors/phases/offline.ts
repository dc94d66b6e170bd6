import { assess } from './assess.ts';
import { decompose } from './decompose.ts';
import { PASSAGE_BUDGET } from './retrieve.ts';
import { route } from './route.ts';
import { synthesize } from './synthesize.ts';
import type { Phase, Phases, Retrieval, RetrieveInput } from './types.ts';

/**
 * The phases that need no model: keyword assessment, decomposition by the words of the query and the passages, routing
 * by capabilities, templated synthesis.
 *
 * @param options.retrieve Where passages come from. Default: nowhere, with a note that says so.
 *
 * @example
 * const phases = offlinePhases({ retrieve: createDocumentRetriever(documents) });
 */
export function offlinePhases(options: { retrieve?: Phase<RetrieveInput, Retrieval> } = {}): Phases {
  return { assess, retrieve: options.retrieve ?? retrieveNothing, decompose, route, synthesize };
}

const retrieveNothing: Phase<RetrieveInput, Retrieval> = ({ complexity }) => ({
  passages: [],
  budget: PASSAGE_BUDGET[complexity],
  searched: 0,
  notes: ['Nothing was searched: no retriever is configured.'],
});
