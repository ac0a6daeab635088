/** A rule that records an expression under a name. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** A series of an alert's test. Every series has the labels `job` and `instance` of the test's target as well. */
export interface TestSeries {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  /** Values in promtool's notation, of one of the functions in phases.ts. */
  readonly values: string
}

/** Makes an alert fire in the second phase, and stop in the third one. */
export interface AlertTest {
  readonly series: readonly TestSeries[]
  /** The labels of the alert, besides its severity. */
  readonly labels: Readonly<Record<string, string>>
  /** `$value` as the texts show it. */
  readonly value?: string
  /** When the alert is expected to fire, if not at the end of the second phase. */
  readonly firesAt?: string
}

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  /** How long the expression must be true. */
  readonly for?: string
  readonly severity: 'warning' | 'critical'
  readonly summary: string
  /** What it means, and what to do. */
  readonly description: string
  readonly test: AlertTest
}

export type PrometheusRule = RecordingRule | AlertRule

export interface RuleGroup {
  readonly name: string
  readonly rules: readonly PrometheusRule[]
}

export function isAlert(rule: PrometheusRule): rule is AlertRule {
  return 'alert' in rule
}
