import { Formatters } from '../../exposition/formatters.js'
import { ApplicationGatherer } from '../../gather/application-gatherer.js'
import { explained } from '../../gather/costs/explained.js'
import type { SeriesCosts } from '../../gather/costs/series-costs.js'
import { SourceGatherer } from '../../gather/source-gatherer.js'
import { MetricsError } from '../../model/errors.js'
import { held } from '../../platform/held.js'
import { createdByEnvironment } from '../../runtime/configure-options.js'
import { directorySource } from '../../runtime/directory/directory-source.js'
import { workerLabelFromEnvironment } from '../../runtime/worker-label.js'
import type { Source } from '../../store/contract.js'
import type { Command } from '../command.js'
import { existingDirectory } from '../existing-directory.js'
import { costsText } from '../explain/costs-text.js'
import { costOrders, isCostOrder, sorted } from '../explain/order.js'
import { readDirectory } from '../living-directory.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printError, printJson } from '../output.js'
import { openService } from '../redis/open-service.js'
import { redisOptions, redisTarget, redisUsage } from '../redis/redis-arguments.js'

const options = {
  workers: { type: 'string', short: 'w' },
  registry: { type: 'string' },
  sort: { type: 'string' },
  top: { type: 'string' },
  json: { type: 'boolean' },
  dir: { type: 'string', short: 'd' },
  ...redisOptions,
} as const satisfies OptionTable

const usage = `promhive explain [DIR] [--workers N] [--sort ORDER] [--top N] [--json]
promhive explain --redis URL [--prefix NAME] [the same options]

Shows how many series and bytes the metrics of an application cost: merged, with a series for each worker (--per-worker),
and with a target for each worker. For each family, it names the labels, the one that multiplies most first. It reads the
processes that count, or have counted, in a directory or in Redis, and changes nothing. In a directory, it also reads the
files of Python processes.

  DIR              the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR, otherwise that of the only
                   application of this user that runs)
${redisUsage}
  --workers N      the number of workers (default: those that are running)
  --registry NAME  only this registry; by default all of them
  --sort ORDER     ${costOrders.join(', ')} (default: per-target)
  --top N          only the first N families
  --json           print JSON`

export const explain: Command = {
  name: 'explain',
  summary: 'show how many series each family costs: merged, per worker and per target',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const named = positionals[0] ?? values.dir
    const workers = wholeFrom1('workers', values.workers)
    const most = wholeFrom1('top', values.top)
    const { sort = 'per-target' } = values
    if (!isCostOrder(sort))
      throw new MetricsError(
        'OPTION_INVALID',
        `--sort must be one of ${costOrders.join(', ')}, got ${JSON.stringify(sort)}`,
      )
    const target = redisTarget(values, named)
    const name = target?.name ?? readDirectory(named, { name: 'explain', args, redis: true })
    const service = target && openService(target)
    try {
      const source = service?.openSource() ?? directorySource(existingDirectory(name))
      const faults: string[] = []
      const costs = await held(costsIn(source, values.registry, workers, faults))
      const shown = { ...costs, families: sorted(costs.families, sort) }
      if (values.json) printJson({ source: name, ...shown, families: shown.families.slice(0, most) })
      else for (const line of costsText(name, shown, { most, width: process.stdout.columns })) print(line)
      for (const fault of new Set(faults)) printError(`promhive explain: ${fault}`)
      return faults.length === 0 ? 0 : 1
    } finally {
      await service?.close()
    }
  },
}

async function costsIn(
  source: Source,
  registry: string | undefined,
  workers: number | undefined,
  faults: string[],
): Promise<SeriesCosts> {
  const everything = new SourceGatherer(
    () => source,
    ({ message }) => faults.push(message),
    workerLabelFromEnvironment,
  )
  const formatters = (): Formatters => new Formatters({}, { created: createdByEnvironment })
  const costs = await explained(new ApplicationGatherer(everything, { registry }), formatters, workers)
  if (registry !== undefined && costs.families.length === 0) await checkRegistry(everything, registry)
  return costs
}

/** @throws MetricsError `OPTION_INVALID` if nothing counts in a registry of this name */
async function checkRegistry(everything: SourceGatherer, name: string): Promise<void> {
  const gathered = await everything.gather()
  const names = new Set(gathered.tables.map(({ family }) => family.registry))
  gathered.release()
  if (names.size === 0 || names.has(name)) return
  const text = `--registry: there is no registry ${JSON.stringify(name)}; there are ${[...names].sort().join(', ')}`
  throw new MetricsError('OPTION_INVALID', text)
}

function wholeFrom1(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000_000) return Number(text)
  throw new MetricsError('OPTION_INVALID', `--${option} must be a whole number from 1, got ${JSON.stringify(text)}`)
}
