import type { AnnouncedTarget } from '../../model/announced-target.js'
import { reasonOf } from '../../model/errors.js'
import { response, textResponse } from '../http/response.js'
import type { Route } from '../http/route-table.js'
import { targetGroups } from './target-groups.js'

/**
 * Returns the route that lists the living targets for Prometheus' http_sd. If they cannot be read, it answers 500, and
 * Prometheus keeps the targets that it has.
 *
 * @param targets returns the living targets; called for each request
 */
export function targetsRoute(targets: () => readonly AnnouncedTarget[]): Route {
  return {
    path: '/targets',
    async handle() {
      try {
        return response(200, 'application/json', [Buffer.from(targetGroups(targets()))])
      } catch (cause) {
        return textResponse(500, `the targets could not be read: ${reasonOf(cause)}\n`)
      }
    },
  }
}
