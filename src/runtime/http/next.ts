import { join } from 'node:path'
import { provideHttpInstrument } from '../../instrument/http/http-instrument.js'
import { type HttpOptions, httpOptions } from '../../instrument/http/http-options.js'
import { NextRoutes } from '../../instrument/http/next.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { processContext } from '../current-context.js'

export interface NextOptions extends HttpOptions {
  /** Where `next build` wrote to: `.next` when left out. */
  readonly directory?: string | undefined
}

const known = { ...httpOptions, directory: true } as const satisfies OptionNames<NextOptions>

/**
 * Measures every request to a Next application, by its route: `/users/[id]`. To be called in `register()` of
 * `instrumentation.ts`, with `promhive` among the `serverExternalPackages` of the configuration. Beside `--import
 * promhive/register` it is the one line that adds the routes.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` when one of the names means another metric already
 * @example httpMetrics({ directory: '.next' })
 */
export function httpMetrics(given: NextOptions = {}): void {
  processContext()
  checkOptions('httpMetrics', given, known)
  const { directory = '.next', ...options } = given
  const routes = NextRoutes.read(join(process.cwd(), directory))
  const route = options.route ?? ((request) => routes?.routeOf(request))
  provideHttpInstrument({ ...options, route }).measureEverything()
}
