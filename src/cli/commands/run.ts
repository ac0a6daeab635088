import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { outlive } from '../../export/log-output.js'
import { MetricsError } from '../../model/errors.js'
import { isOff, variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { requireFrom } from '../../platform/require-from.js'
import { setTimeout } from '../../platform/timers.js'
import { onWindows } from '../../platform/windows.js'
import { processContext } from '../../runtime/current-context.js'
import { composeSupervisor } from '../../runtime/supervised/composition.js'
import type { Hooks } from '../../runtime/supervised/hooks.js'
import { configurationFrom } from '../../runtime/supervised/layered-configuration.js'
import { describeBackend } from '../../runtime/supervised/supervisor-backend.js'
import { hooksFrom } from '../../supervisor/hooks-module.js'
import { optionsHelp, settingOfFlag } from '../../supervisor/settings/explain.js'
import { type Setting, type SettingName, settings } from '../../supervisor/settings/settings.js'
import { handleSignals } from '../../supervisor/signal-handling.js'
import type { Supervisor } from '../../supervisor/supervisor.js'
import type { Command } from '../command.js'
import { openPage } from '../open-in-browser.js'
import { type Option, type OptionTable, parseOptions } from '../options.js'
import { startupLines } from '../startup.js'

/** The options of the settings, and those that only the command line has. */
export const runOptions = optionTable()

/** Milliseconds for the last output when all workers have ended. */
const farewell = 1000

const usage = `promhive run APP [--workers N] [options] [-- arguments of the application]

Runs a Node.js server as N processes that share its ports, unchanged, ESM or CommonJS. Restarts those that end, reloads on
HUP without losing a request or a count, and answers scrapes even while all of them are blocked.

${optionsHelp()}
  -c, --config FILE                the configuration, in YAML or JSON; promhive.yaml if it exists
  -r, --require FILE               loaded into every worker before the application; --import likewise
      --open                       opens the page for people in a browser, when the application serves

Each option also has a variable (PROMHIVE_WORKERS, …) and a name in the file (workers): see promhive config explain.

${
  onWindows
    ? `Ctrl-C, Ctrl-Break and the end of the console end all gracefully. Other orders are messages of the process that started this one
with a channel: { promhive: 'SIGHUP' } reloads, SIGTTIN and SIGTTOU add or remove a worker, SIGTERM ends all gracefully.`
    : 'Signals: HUP reloads, TTIN and TTOU add or remove a worker, TERM, INT and QUIT end all gracefully.'
}`

export const run: Command = {
  name: 'run',
  summary: 'run a server as several processes, with a metrics port',
  usage,
  options: runOptions,
  async run(args) {
    for (const stream of [process.stdout, process.stderr]) outlive(stream)
    const { values, app, appArguments, commandLine, config, execArgv } = parseRun(args)
    if (app === undefined)
      throw new MetricsError('OPTION_INVALID', 'which application? promhive run app.js --workers 4')
    const exec = programAt(resolve(app))
    const configuration = await configurationFrom({ environment: processEnvironment(), commandLine }, config)
    const { hooksModule } = configuration.settings
    const hooks = (await hooksFrom(configuration)) as Hooks
    const supervisor = composeSupervisor(configuration, { exec, args: appArguments, execArgv, hooks })
    handleSignals(supervisor)
    if (hooksModule !== '') outliveHooks(supervisor)
    await supervisor.start()
    const { settings } = configuration
    const { running, metricsUrl, pageUrl, statsAddress } = supervisor
    const { directory } = processContext().whereabouts()
    const backend = describeBackend(processContext().inUse)
    const { pid } = process
    const started = { pid, app, workers: supervisor.size, metricsUrl, pageUrl, statsAddress, directory, backend }
    if (running && !isOff(variables.startup)) {
      const [last, ...others] = startupLines({ ...started, settings }).toReversed()
      for (const line of others.reverse()) supervisor.explain(line)
      supervisor.explain(last!, { event: 'serving', ...started })
    }
    if (running && values.open) {
      void openPage(pageUrl).then((fault) => fault && supervisor.explain(fault))
    }
    const code = await supervisor.done
    // A timer or a connection that a hook has left open must not keep the process running.
    setTimeout(() => process.exit(code), farewell).unref()
    return code
  },
}

/** Finds the file as Node does: `app` for `app.js`. */
function programAt(path: string): string {
  if (existsSync(path)) return path
  try {
    return requireFrom(path).resolve(path)
  } catch (cause) {
    throw new MetricsError('OPTION_INVALID', `there is no ${path}`, { cause })
  }
}

function optionTable(): OptionTable {
  const options: Record<string, Option> = {
    config: { type: 'string', short: 'c' },
    require: { type: 'string', short: 'r', multiple: true },
    import: { type: 'string', multiple: true },
    open: { type: 'boolean' },
  }
  for (const { flag, flagAlias, kind } of Object.values(settings) as Setting[]) {
    if (flag === undefined) continue
    const [long, short] = flag
    options[long] = { type: kind.flag ? 'boolean' : 'string', ...(short !== undefined && { short }) }
    if (flagAlias !== undefined) options[flagAlias] = { type: 'string' }
    // Node 20.19 has no allowNegative.
    if (kind.flag) options[`no-${long}`] = { type: 'boolean' }
  }
  return options
}

/** Parses a command line: settings, and the arguments of the application. */
export function parseRun(
  args: readonly string[],
  options: OptionTable = runOptions,
): {
  readonly values: Readonly<Record<string, unknown>>
  readonly app: string | undefined
  readonly appArguments: readonly string[]
  readonly commandLine: Partial<Record<SettingName, string | boolean>>
  readonly config: string | undefined
  readonly execArgv: readonly string[]
} {
  const end = args.indexOf('--')
  const commandArguments = end < 0 ? args : args.slice(0, end)
  const hint = (argument: string): string =>
    `options and arguments of the application go after --, as in promhive run app.js -- ${argument}`
  const { values, positionals } = parseOptions(commandArguments, options, 1, hint)
  const [app] = positionals
  const commandLine: Partial<Record<SettingName, string | boolean>> = {}
  for (const [option, value] of Object.entries(values)) {
    const negated = option.startsWith('no-')
    const name = settingOfFlag(negated ? option.slice(3) : option)
    if (name !== undefined) commandLine[name] = negated ? false : (value as string | boolean)
  }
  const preloads = (option: 'require' | 'import'): string[] =>
    ((values[option] ?? []) as string[]).flatMap((file) => [`--${option}`, imported(option, file)])
  return {
    values,
    app,
    appArguments: end < 0 ? [] : args.slice(end + 1),
    commandLine,
    config: values.config as string | undefined,
    execArgv: [...preloads('require'), ...preloads('import')],
  }
}

/** Node.js imports a path that begins with the letter of a drive only as a URL. */
function imported(option: string, file: string): string {
  return option === 'import' && onWindows && isAbsolute(file) ? pathToFileURL(file).href : file
}

/** Handles promises that a hook did not await: a rejection without a handler would end this process and every worker. */
function outliveHooks(supervisor: Supervisor): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (fault: unknown) => supervisor.failedLater(fault))
  }
}
