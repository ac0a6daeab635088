import { MetricsError } from '../../model/errors.js'
import type { Command } from '../command.js'
import { observedApplication, presets } from '../dashboards/application.js'
import { readFamilies } from '../dashboards/read-families.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print } from '../output.js'
import { ruleGroups } from '../rules/rule-groups.js'
import { rulesText, ruleTestsText } from '../rules/rules-text.js'

const options = {
  all: { type: 'boolean' },
  tests: { type: 'boolean' },
  'rules-file': { type: 'string' },
  job: { type: 'string' },
  preset: { type: 'string' },
  dir: { type: 'string', short: 'd' },
} as const satisfies OptionTable

const usage = `promhive rules [URL|DIR|FILE] [--job NAME] [--preset NAME]
promhive rules [URL|DIR|FILE] --tests [--rules-file alerts.yml] [the same options]
promhive rules --all [the same options]

Prints the recording and alert rules of Prometheus for the metrics that the application shows now, as YAML. With --tests,
prints their tests for promtool test rules: each alert fires and stops.

  URL                the address of the metrics, such as http://127.0.0.1:9464/metrics
  DIR                the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR,
                     otherwise that of the only application of this user that runs)
  FILE               a saved scrape
  --all              every rule, without reading metrics
  --tests            print the tests instead of the rules
  --rules-file FILE  the file of the rules, for the tests (default: alerts.yml)
  --job NAME         the job whose targets must answer (default: every target of Prometheus)
  --preset NAME      the names of the HTTP metrics: ${presets.join(', ')}
                     (default: the first of them that the application shows; with --all, prometheus)`

export const rules: Command = {
  name: 'rules',
  summary: 'print recording and alert rules for the metrics of an application',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const source = positionals[0] ?? values.dir
    if (values.all && source !== undefined)
      throw new MetricsError('OPTION_INVALID', `--all reads no metrics: omit it, or ${source}`)
    const families = values.all ? undefined : await readFamilies(source, { name: 'rules', args })
    const groups = ruleGroups(observedApplication(families, values.preset), values.job)
    const { 'rules-file': file = 'alerts.yml' } = values
    print((values.tests ? ruleTestsText(groups, file) : rulesText(groups)).trimEnd())
    return 0
  },
}
