import type { Command } from '../command.js'
import { observedApplication, presets } from '../dashboards/application.js'
import { dashboardOf } from '../dashboards/dashboard.js'
import { readFamilies } from '../dashboards/read-families.js'
import { type OptionTable, parseOptions } from '../options.js'
import { printError, printJson } from '../output.js'

const options = {
  preset: { type: 'string' },
  title: { type: 'string' },
  dir: { type: 'string', short: 'd' },
} as const satisfies OptionTable

const usage = `promhive dashboard [URL|DIR|FILE] [--preset NAME] [--title TEXT]

Prints a Grafana dashboard as JSON, for the metrics that the application shows now: requests, errors and durations of
HTTP, workers, event loop, CPU, memory, limits, promhive itself, and every metric of the application.

  URL            the address of the metrics, such as http://127.0.0.1:9464/metrics
  DIR            the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR,
                 otherwise that of the only application of this user that runs)
  FILE           a saved scrape
  --preset NAME  the names of the HTTP metrics: ${presets.join(', ')}
                 (default: the first of them that the application shows)
  --title TEXT   the title (default: promhive); a dashboard of the same title is replaced`

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'print a Grafana dashboard for the metrics of an application',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const families = await readFamilies(positionals[0] ?? values.dir, { name: 'dashboard', args })
    const application = observedApplication(families, values.preset)
    printJson(dashboardOf(application, values.title ?? 'promhive'))
    for (const note of notesOn(application)) printError(`promhive dashboard: ${note}`)
    return 0
  },
}

function notesOn({ http, others }: ReturnType<typeof observedApplication>): readonly string[] {
  if (http === undefined) return ['the application shows no HTTP metrics; the dashboard is without requests']
  if (others.length === 0) return []
  return [`HTTP metrics of the preset ${http.name}; for the others, use --preset ${others.join(' or --preset ')}`]
}
