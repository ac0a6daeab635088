import { phaseEnds, target, testInterval } from './phases.js'
import { type AlertRule, isAlert, type PrometheusRule, type RuleGroup, type TestSeries } from './rule.js'
import { type YamlValue, yaml } from './yaml.js'

/** Returns a rules file for Prometheus. */
export function rulesText(groups: readonly RuleGroup[]): string {
  const rules = yaml({ groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(ruleValue) })) })
  return `# Made by promhive rules. To check the file: promtool check rules FILE\n${rules}`
}

function ruleValue(rule: PrometheusRule): YamlValue {
  if (!isAlert(rule)) return { record: rule.record, expr: rule.expr }
  const { alert, expr, severity, summary, description } = rule
  return { alert, expr, for: rule.for, labels: { severity }, annotations: { summary, description } }
}

/**
 * Returns the tests of the rules for `promtool test rules`: each alert is quiet, then fires with its texts, then is quiet
 * again. All of them are in one test, because promtool evaluates every rule in each test.
 *
 * @param file the file with the rules
 */
export function ruleTestsText(groups: readonly RuleGroup[], file: string): string {
  const alerts = groups.flatMap(({ rules }) => rules.filter(isAlert))
  const series = new Map(alerts.flatMap(({ test }) => test.series.map((each) => [selectorOf(each), each.values])))
  const tests = yaml({
    rule_files: [file],
    evaluation_interval: '1m',
    tests: [
      {
        name: 'Each alert fires and stops',
        interval: `${testInterval}s`,
        input_series: [...series].map(([selector, values]) => ({ series: selector, values })),
        alert_rule_test: alerts.flatMap(alertTests),
      },
    ],
  })
  return `# Made by promhive rules --tests. To run them: promtool test rules FILE\n${tests}`
}

function alertTests(rule: AlertRule): readonly YamlValue[] {
  const { alert, severity, test } = rule
  const summary = rendered(rule.summary, rule)
  const description = rendered(rule.description, rule)
  const firing = { exp_labels: { severity, ...test.labels }, exp_annotations: { summary, description } }
  return [
    { eval_time: phaseEnds.before, alertname: alert },
    { eval_time: test.firesAt ?? phaseEnds.during, alertname: alert, exp_alerts: [firing] },
    { eval_time: phaseEnds.after, alertname: alert },
  ]
}

function selectorOf({ name, labels }: TestSeries): string {
  const all = { ...target, ...labels }
  const pairs = Object.entries(all).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return `${name}{${pairs.join(', ')}}`
}

/** Fills in a text as Prometheus does. */
function rendered(text: string, { test }: AlertRule): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => test.labels[label] ?? '')
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, test.value ?? '')
}
