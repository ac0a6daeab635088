/** The result of a check. `fail` makes metrics wrong or absent, `warn` may do so. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail'
  readonly topic: string
  readonly text: string
  /** What to do about it. */
  readonly advice?: string
}

export function ok(topic: string, text: string): Finding {
  return { state: 'ok', topic, text }
}

export function warn(topic: string, text: string, advice: string): Finding {
  return { state: 'warn', topic, text, advice }
}

export function fail(topic: string, text: string, advice: string): Finding {
  return { state: 'fail', topic, text, advice }
}
