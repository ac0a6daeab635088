/** Options of a backend, as its documentation names them. */
export type BackendConfig = Readonly<Record<string, unknown>>
