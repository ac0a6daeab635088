import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { encryptionFromEnvironment } from '../export/http/encryption.js'
import { portOptionsFromEnvironment } from '../export/http/port-environment.js'
import type { MetricsServer } from '../export/http/scrape-server.js'
import { SharedPort } from '../export/http/shared-port.js'
import { readingCheck } from '../gather/readiness.js'
import { provideHttpInstrument } from '../instrument/http/http-instrument.js'
import { checkNames, type HttpOptions } from '../instrument/http/http-options.js'
import { collectDefaultMetrics } from '../instrument/node/default-metrics.js'
import { portMetrics } from '../instrument/port/port-metrics.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import { isServiceLink, serviceLinkText } from '../model/service-link.js'
import { firstSet, isOff, itemsOf, variables } from '../platform/environment.js'
import { processEnvironment } from '../platform/process-environment.js'
import { sharedObject } from '../platform/test-file.js'
import { setImmediate } from '../platform/timers.js'
import { processContext } from '../runtime/current-context.js'
import { familyUnderPm2, hasSiblings } from '../runtime/directory/application-directory.js'
import { chosenExporters, exportersForAll, startExporters } from '../runtime/exporters/configured.js'
import { ownPage } from '../runtime/exporters/page.js'
import { announcePort } from '../runtime/exporters/port-announcement.js'
import { startNamedTarget } from '../runtime/targets/named-target.js'
import { targetsOfApplication } from '../runtime/targets/targets-in.js'
import { isLauncher } from './launchers.js'

/*
 * The work of `--import promhive/register`: everything that an application gets without code. The environment configures
 * it, because no code of the application has run yet.
 */

const place = Symbol.for('promhive.register')
const shared = sharedObject as { [place]?: Registration }

/** What this process has started, for both builds. */
interface Registration {
  port?: SharedPort
  /** The supervisor, or the application itself, serves the metrics. */
  yielded?: boolean
}

/**
 * Starts once per process, whichever build was loaded first. An invalid setting disables its feature, and never the
 * application.
 *
 * @param root the folder of the package. Its program `promhive` is not measured; the programs that it runs are.
 */
export function startRegistered(root: string | undefined): void {
  if (shared[place] || isOnTheWay(process.argv[1] ?? '', root)) return
  shared[place] = {}
  attempt(() => {
    if (!isOff(variables.http)) provideHttpInstrument(httpOptions()).measureEverything()
  })
  attempt(() => {
    if (!isOff(variables.defaultMetrics)) collectDefaultMetrics()
  })
  // After this turn, so that configure() at the beginning of the application runs first.
  if (!isMainThread) return
  setImmediate(() => attempt(openPort)).unref()
  setImmediate(() => attempt(startChosenExporters)).unref()
  startNamedTarget()
}

/** Closes the port that `startRegistered` has opened or is opening: a supervisor in the same process opens its own. */
export async function yieldRegisteredPort(): Promise<void> {
  const registered = shared[place]
  if (registered === undefined) return
  registered.yielded = true
  await registered.port?.stop()
}

function isOnTheWay(program: string, root: string | undefined): boolean {
  if (isLauncher(program)) return true
  if (root === undefined) return false
  try {
    return realpathSync(program) === join(root, 'dist', 'esm', 'cli', 'bin.js')
  } catch {
    return false
  }
}

function httpOptions(): HttpOptions {
  const names = checkNames(itemsOf(processEnvironment()[variables.httpNames[0]]), variables.httpNames[0])
  const ignored = new Set(itemsOf(processEnvironment()[variables.httpIgnore[0]]))
  return {
    ...(names.length > 0 && { names }),
    ...(ignored.size > 0 && { ignore: ({ url = '' }) => ignored.has(pathOf(url)) }),
  }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

function openPort(): void {
  const context = processContext()
  const registered = shared[place]!
  if (registered.yielded) return
  const [name, portText] = firstOf(variables.metricsPort) ?? []
  if (portText !== undefined && /^(?:off|false|no)$/i.test(portText)) return
  const port = portText === undefined ? undefined : Number(portText)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new MetricsError('OPTION_INVALID', `${name} must be a port from 0 to 65535, or off; got ${portText}`)
  }
  const host = firstOf(variables.metricsHost)?.[1]
  registered.port = new SharedPort({
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    tls: encryptionFromEnvironment(processEnvironment()),
    ...portOptionsFromEnvironment(processEnvironment()),
    events: portMetrics(context),
    readiness: readingCheck(() => context.gatherer),
    registry: context.registry,
    routes: [targetsOfApplication()],
    pageSource: isOff(variables.page) ? undefined : ownPage(context.registry),
    alone: !hasSiblings(),
    family: familyUnderPm2(),
    onError: (error) => context.onError(error),
    onOpen: sayWhatIsOn,
  })
  void registered.port.start()
}

/** Starts what the environment names, unless a supervisor does. */
function startChosenExporters(): void {
  if (firstSet(variables.assignment) !== undefined) return
  const chosen = exportersForAll(chosenExporters(), firstSet(variables.workerPorts)?.[1])
  if (Object.keys(chosen).length === 0) return
  void startExporters(chosen, (error) => processContext().onError(error)).then((started) => {
    // A process that ends by itself sends its last numbers.
    process.once('beforeExit', () => void started.stop())
  })
}

/** Writes to the log of the process that has the port, and not into the output of a program. */
function sayWhatIsOn(server: MetricsServer): void {
  const parts = [!isOff(variables.http) && 'HTTP', !isOff(variables.defaultMetrics) && 'process and runtime']
  const measured = parts.filter((part) => part !== false).join(', ')
  announcePort(server, measured === '' ? '' : `measuring ${measured}; `)
}

function attempt(part: () => void): void {
  try {
    part()
  } catch (cause) {
    processContext().onError(
      cause instanceof MetricsError
        ? cause
        : new MetricsError('INSTRUMENT_FAILED', `promhive/register: ${reasonOf(cause)}`, { cause }),
    )
  }
}

/** The first variable that is set, and not by Kubernetes for a service of the same name. */
function firstOf(names: readonly string[]): readonly [name: string, value: string] | undefined {
  for (const name of names) {
    const set = firstSet([name])
    if (set === undefined) continue
    if (!isServiceLink(...set)) return set
    processContext().log.warn('VARIABLE_IGNORED', serviceLinkText(...set))
  }
  return undefined
}
