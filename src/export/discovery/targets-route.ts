import type { AnnouncedTarget } from '../../model/announced-target.js'
import { response, textResponse } from '../http/response.js'
import type { Route } from '../http/route-table.js'
import { targetGroups } from './target-groups.js'

/** The path of the targets on a metrics port. */
const path = '/targets'

/**
 * Returns the route that lists the living targets for Prometheus' http_sd. If they cannot be read, it answers 503, and
 * Prometheus keeps the targets that it has.
 *
 * @param targets returns the living targets; called for each request
 * @param taken the path of the metrics; if it is `/targets`, there is no route for the targets
 */
export function targetsRoutes(targets: () => readonly AnnouncedTarget[], taken?: string): readonly Route[] {
  if (taken === path) return []
  return [
    {
      path,
      async handle() {
        try {
          return response(200, 'application/json', [Buffer.from(targetGroups(targets()))])
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause)
          return textResponse(503, `the targets could not be read: ${why}\n`)
        }
      },
    },
  ]
}
