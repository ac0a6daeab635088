import { expect, test } from 'vitest'
import { checkHttpOptions, type HttpOptions } from '../../../src/instrument/http/http-options.js'

test.for([
  [{ names: 'otel' }, /names must be of prometheus, opentelemetry, gunicorn, flask; got "otel"/],
  [{ names: [] }, /names must be one name at least/],
  [{ names: 5 }, /names must be a name or several, got 5/],
  [{ ignore: '/healthz' }, /ignore must be a function, got "\/healthz"/],
  [{ route: 5 }, /route must be a function, got 5/],
  [{ maxRoutes: 'many' }, /maxRoutes must be a whole number of 0 or more, got "many"/],
  [{ maxHosts: 1.5 }, /maxHosts must be a whole number of 0 or more, got 1.5/],
] as const)('%o is refused when it is passed, not at the first request', ([options, message]) => {
  expect(() => checkHttpOptions(options as unknown as HttpOptions)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
  )
})

test('an optional option may be undefined', () => {
  checkHttpOptions({ names: undefined, ignore: undefined, route: undefined, maxRoutes: undefined, maxHosts: 0 })
})
