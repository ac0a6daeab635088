import { existsSync } from 'node:fs'
import { targetsRoute } from '../../export/discovery/targets-route.js'
import type { Route } from '../../export/http/route-table.js'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import { loadBinding } from '../../platform/addon.js'
import { livingTargets } from '../../store/shared/target-file.js'
import { processContext } from '../current-context.js'

/**
 * Returns the living targets of an application, by its directory, which may not exist yet.
 *
 * @throws the error of the disk
 */
export function targetsIn(directory: string): readonly AnnouncedTarget[] {
  return existsSync(directory) ? livingTargets(directory, loadBinding().binding) : []
}

/** Returns the route that lists the targets of this application; an application without a directory has none. */
export function targetsOfApplication(): Route {
  return targetsRoute(() => {
    const { directory } = processContext().whereabouts()
    return directory === undefined ? [] : targetsIn(directory)
  })
}
