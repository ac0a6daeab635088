import { flask } from './flask.js'
import { gunicorn } from './gunicorn.js'
import type { Naming } from './naming.js'
import { opentelemetry } from './opentelemetry.js'
import { prometheus } from './prometheus.js'

/** Every convention, by its name. */
export const namings = { prometheus, opentelemetry, gunicorn, flask } as const satisfies Readonly<
  Record<string, Naming>
>

/** The naming conventions for HTTP metrics. */
export type NamingName = keyof typeof namings
