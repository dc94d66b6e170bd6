import type { Retrieval } from '../../run/phase-outputs.ts';
import { assess } from '../assess/assess.ts';
import { decompose } from '../decompose/decompose.ts';
import { PASSAGE_BUDGET } from '../retrieve/retrieve.ts';
import { route } from '../route/route.ts';
import { synthesize } from '../synthesize/synthesize.ts';
import type { Phase, Phases, RetrieveInput } from '../types.ts';

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
