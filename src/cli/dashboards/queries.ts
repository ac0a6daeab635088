import type { HttpFamily } from './http-preset.js'

/** Where an expression is evaluated: in a dashboard with its variables, or in a rule. */
export interface QueryScope {
  /** Label matchers of every selector. */
  readonly matchers: readonly string[]
  /** The window of rates. */
  readonly window: string
}

/** The variables of the dashboard. */
export const dashboardScope: QueryScope = {
  matchers: ['job=~"$job"', 'instance=~"$instance"'],
  window: '$__rate_interval',
}

/** Rules apply to every target. */
export const ruleScope: QueryScope = { matchers: [], window: '5m' }

/** Builds PromQL for a scope. */
export class Queries {
  constructor(private readonly scope: QueryScope) {}

  select(name: string, ...matchers: readonly string[]): string {
    const all = [...this.scope.matchers, ...matchers]
    return all.length === 0 ? name : `${name}{${all.join(', ')}}`
  }

  rate(name: string, ...matchers: readonly string[]): string {
    return `rate(${this.select(name, ...matchers)}[${this.scope.window}])`
  }

  /** The rate of a counter, summed over the other labels. */
  sumRate(by: readonly string[], name: string, ...matchers: readonly string[]): string {
    return aggregate('sum', by, this.rate(name, ...matchers))
  }

  /** The requests of a family per second. */
  requests(by: readonly string[], { name, matchers }: HttpFamily): string {
    return this.sumRate(by, name, ...matchers)
  }

  /** An expression that has no series before the first event: then 0, for every group of another one that has. */
  orZero(expr: string, present: string, by: readonly string[] = []): string {
    return `${expr} or 0 * ${aggregate('sum', by, present)}`
  }

  /** The part of the requests that failed; 0 before the first error. */
  errorRatio(by: readonly string[], errors: HttpFamily, requests: HttpFamily): string {
    const all = this.requests(by, requests)
    return `(${this.requests(by, errors)} or 0 * ${all}) / ${all}`
  }

  /** A quantile of a classic histogram. */
  quantile(q: number, by: readonly string[], histogram: string): string {
    return `histogram_quantile(${q}, ${this.sumRate([...by, 'le'], `${histogram}_bucket`)})`
  }

  /** The mean of the observations of a histogram or a summary. */
  mean(by: readonly string[], name: string): string {
    return `${this.sumRate(by, `${name}_sum`)} / ${this.sumRate(by, `${name}_count`)}`
  }
}

/** An aggregation by labels; over everything if there are none. */
export function aggregate(operator: 'sum' | 'max' | 'min' | 'count', by: readonly string[], expr: string): string {
  return by.length === 0 ? `${operator}(${expr})` : `${operator} by (${by.join(', ')}) (${expr})`
}
