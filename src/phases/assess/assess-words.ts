/** Word lists and weights of the keyword assessment. Phrases match whole words; inflections are spelled out. */
const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase.length > 0);

export const CRITICAL = Object.freeze({
  /** Enough alone. */
  alarm: list(
    'emergency, outage, breach, vulnerability, vulnerabilities, exploit, corruption, data loss, incident, penetration',
  ),
  /** Need an action on them. */
  sensitive: list('security, production, authentication, authorization'),
  sensitiveActions: list('fix, patch, investigate, secure, protect, mitigate, prevent, respond, handle'),
  compliance: list('gdpr, hipaa, pci, compliance, regulation, regulations'),
  money: list('payment, payments, transaction, transactions, billing, financial'),
  moneyActions: list('encrypt, secure, protect, audit'),
});

export const VERBS = Object.freeze({
  simple: list('show, list, print, display, get, read, open, view, define, name, find, check, count, tell'),
  medium: list(
    'add, update, change, modify, write, create, fix, extend, improve, convert, document, debug, configure, rename, remove, replace, test, handle, summarize, summarise',
  ),
  analysis: list(
    'explain, analyze, analyse, compare, evaluate, investigate, review, assess, examine, diagnose, describe, trace, understand, contrast',
  ),
  complex: list(
    'implement, design, architect, refactor, migrate, build, integrate, develop, overhaul, rewrite, redesign, restructure, port, parallelize, orchestrate, automate',
  ),
});

export const VAGUE = list('something, anything, stuff, thing, things, somehow, whatever, maybe, kind of, sort of');
export const TRIVIAL = list('typo, comment, whitespace, indentation, spelling, wording, import, log line');

export const COMPLEX_NOUNS = list(
  'architecture, system, systems, authentication, oauth, authorization, infrastructure, pipeline, framework, microservice, microservices, database, schema, migration, api, concurrency, scheduler, protocol, distributed, encryption, deployment, integration, engine, cache layer, state machine',
);

export const FEATURES = list(
  'dark mode, feature flag, feature flags, real-time, realtime, end-to-end, full-stack, cross-cutting',
);
export const OPTIMISE = list('optimize, optimise, speed up, make it faster, performance, scale, scalability');
export const STANDARDS = list('rfc, iso, wcag, owasp, posix, openapi, semver, accessibility standards, best practices');

export const SCOPE = list(
  'all, every, entire, whole, across, throughout, everything, everywhere, codebase, repository, project-wide, multiple, several, each',
);
export const CONSTRAINTS = list(
  'without breaking, backward compatible, backwards compatible, while keeping, while maintaining, must not, must be, at most, at least, no more than, within, as long as, ensure, ensuring, make sure, thread-safe, zero downtime',
);
export const COMPOUND = list(
  'and also, as well as, in addition, additionally, along with, plus, and how, and what, and why, and when, and where',
);
export const SEQUENCE = list(
  'then, after that, afterwards, next, finally, first, based on that, followed by, before that',
);
export const NEGATIVES = list('not, never, without, except, avoid, unless');
export const SUCCESS_CRITERIA = list(
  'acceptance criteria, success criteria, should pass, must pass, definition of done, expected result',
);
export const CONDITIONAL = list('if, when, whenever, unless, in case, otherwise, depending on');

/** A list for each domain: touching several makes a question wider. */
export const DOMAINS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  frontend: list('frontend, ui, css, html, browser, component, components, page, layout'),
  backend: list('backend, server, api, endpoint, endpoints, rest, graphql, service'),
  data: list('database, sql, query, queries, schema, index, storage, cache, caching, dataset'),
  security: list('security, authentication, authorization, oauth, encryption, token, tokens, permission, permissions'),
  operations: list('deploy, deployment, docker, kubernetes, ci, pipeline, monitoring, logging, production, cloud'),
  machine: list('machine learning, model, models, training, inference, embedding, embeddings, llm'),
  concurrency: list(
    'concurrency, parallel, thread, threads, async, queue, retry, retries, rate limit, scheduler, lock',
  ),
  testing: list('test, tests, testing, coverage, mock, fixture, fixtures'),
});

export const FRAMEWORKS = list(
  'react, vue, angular, svelte, next.js, node, express, django, flask, fastapi, rails, spring, laravel, tensorflow, pytorch, xstate, redux, tailwind, prisma',
);

export const SIMPLE_STARTS = list(
  'what is, what are, what does, who is, who, when was, where is, where are, define, is there, which',
);
export const COMPLEX_STARTS = list(
  'how should, how would, how could, what would it take, what is the best way, why does, why is, why do, how can we',
);
