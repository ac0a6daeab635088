import { readStatistics } from '../../export/statistics/statistics-reader.js'
import { MetricsError } from '../../model/errors.js'
import { statisticsAddress } from '../../model/statistics-address.js'
import { firstSet, variables } from '../../platform/environment.js'
import type { Command } from '../command.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print, printJson } from '../output.js'
import { statisticsText } from '../statistics-text.js'

const options = { json: { type: 'boolean' }, timeout: { type: 'string', default: '5' } } as const satisfies OptionTable

const usage = `promhive stats ADDRESS [--json] [--timeout 5]

Shows the statistics that promhive run --stats ADDRESS serves, or a uWSGI server with its option of the same name.

  ADDRESS      unix:/run/app.stats or the path alone, 127.0.0.1:9191, http://127.0.0.1:9191 (default: PROMHIVE_STATS)
  --json       as the server sent them
  --timeout S  seconds to wait for them`

export const stats: Command = {
  name: 'stats',
  summary: 'show the statistics of a running server and its workers',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    const addressText = positionals[0] ?? firstSet(variables.statistics)?.[1] ?? ''
    const address = statisticsAddress(addressText)
    if (address === undefined) {
      throw new MetricsError(
        'OPTION_INVALID',
        `which server? unix:/path, 127.0.0.1:9191 or http://…, got "${addressText}"`,
      )
    }
    const timeout = Number(values.timeout)
    if (!(timeout > 0)) throw new MetricsError('OPTION_INVALID', `--timeout must be a number of seconds above 0`)
    const statistics = await readStatistics(address, timeout * 1000)
    if (values.json) printJson(statistics)
    else print(statisticsText(statistics))
    return 0
  },
}
