import { join } from 'node:path'
import { provideHttpInstrument } from '../../instrument/http/http-instrument.js'
import { type HttpOptions, httpOptions } from '../../instrument/http/http-options.js'
import { NextRoutes } from '../../instrument/http/next.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { processContext } from '../current-context.js'

export interface NextOptions extends HttpOptions {
  /** The output directory of `next build`. The default is `.next`. */
  readonly directory?: string | undefined
}

const known = { ...httpOptions, directory: true } as const satisfies OptionNames<NextOptions>

/**
 * Measures every request to a Next application, by its route: `/users/[id]`. Call it in `register()` of
 * `instrumentation.ts`, and add `promhive` to the `serverExternalPackages` of the configuration. With `--import
 * promhive/register`, this line adds the routes.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example httpMetrics({ directory: '.next' })
 */
export function httpMetrics(options: NextOptions = {}): void {
  processContext()
  checkOptions('httpMetrics', options, known)
  const { directory = '.next', ...instrumentOptions } = options
  const routes = NextRoutes.read(join(process.cwd(), directory))
  const route = instrumentOptions.route ?? ((request) => routes?.routeOf(request))
  provideHttpInstrument({ ...instrumentOptions, route }).measureEverything()
}
