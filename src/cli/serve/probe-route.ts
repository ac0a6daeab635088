import type { Exposition } from '../../export/contract.js'
import { textResponse } from '../../export/http/response.js'
import type { Route } from '../../export/http/route-table.js'
import { scrapeRoute } from '../../export/http/scrape.js'

/** The path of the route. */
const probePath = '/probe'

/** The number of different scrapes of one application that may wait. */
const maxQueued = 16

/**
 * Creates the route that answers with the metrics of one application, without the label `application`. Only configured
 * names are answered: a request cannot make the process read another directory.
 */
export function probeRoute(applications: ReadonlyMap<string, Exposition>): Route {
  const known = [...applications.keys()].join(', ')
  return {
    path: probePath,
    async handle(request, query) {
      const target = query.get('target')
      if (target === null || target === '') {
        return textResponse(400, `which application? ${probePath}?target=NAME, with one of: ${known}\n`)
      }
      const exposition = applications.get(target)
      if (exposition === undefined) return textResponse(404, `there is no such target; this server has: ${known}\n`)
      return scrapeRoute(exposition, request, query, maxQueued)
    },
  }
}
