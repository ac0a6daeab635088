import { MetricsError } from '../../model/errors.js'
import { nearest } from '../../model/nearest-name.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { configurationFrom } from '../../runtime/supervised/layered-configuration.js'
import { explain, explainedAsJson } from '../../supervisor/settings/explain.js'
import type { Command } from '../command.js'
import type { OptionTable } from '../options.js'
import { print, printJson } from '../output.js'
import { parseRun, runOptions } from './run.js'

const options: OptionTable = { ...runOptions, json: { type: 'boolean' } }

const usage = `promhive config explain [--json] [options of promhive run]

Shows what promhive run would do with these options, here and in this environment: each setting, its value, and where the
value comes from. A file overrides the defaults, the environment the file, and the command line the environment.`

export const config: Command = {
  name: 'config',
  summary: 'show each setting of promhive run, and where its value comes from',
  usage,
  options,
  async run([verb, ...args]) {
    if (verb !== 'explain') {
      const meant = nearest(verb ?? '', ['explain']) === undefined ? '' : `; did you mean explain?`
      throw new MetricsError('OPTION_INVALID', `there is only promhive config explain, got "${verb ?? ''}"${meant}`)
    }
    const { commandLine, config, values } = parseRun(args, options)
    const configuration = await configurationFrom({ environment: processEnvironment(), commandLine }, config)
    if (values.json) printJson(explainedAsJson(configuration))
    else print(explain(configuration))
    return 0
  },
}
