/** Version of the record format; a reader refuses a trace of a later one. */
export const TRACE_VERSION = 2;
