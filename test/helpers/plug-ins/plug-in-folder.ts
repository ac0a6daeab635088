import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { link } from '../npm/link.js'
import { provideDist, root } from '../processes/dist.js'
import type { Stage } from '../processes/stage.js'

const folder = join(root, 'test', 'plug-ins')
const modules = join(folder, 'node_modules')

/** Where the applications are. */
export const programs = join(folder, 'programs')

export const hasPlugIns = existsSync(join(modules, 'express-prom-bundle'))

/** The packages that replace the clients, by the name under which they are installed. */
const aliases: Readonly<Record<string, string>> = {
  'prom-client': join(root, 'packages', 'prom-client'),
  '@prometheus-io/client': join(root, 'packages', 'prometheus-io'),
}

/**
 * A folder with the applications of `test/plug-ins/programs` and the packages they import, as npm has installed them; and
 * promhive. With `alias`, the alias packages are installed under the names of the clients.
 */
export function plugInFolder(stage: Stage, clients: 'their own' | 'alias'): string {
  provideDist()
  const application = stage.folder()
  cpSync(programs, application, { recursive: true })
  const importing = clients === 'alias' ? importersOf(Object.keys(aliases)) : new Set<string>()
  for (const name of packages()) {
    const source = (clients === 'alias' ? aliases[name] : undefined) ?? join(modules, name)
    // What imports a client finds the one beside it: a link would lead it to the folder it is installed in.
    if (importing.has(name)) cpSync(source, join(application, 'node_modules', name), { recursive: true })
    else link(application, { [name]: source })
  }
  link(application, { promhive: root })
  return application
}

/** The names of the installed packages. */
function packages(): readonly string[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name],
    )
}

/** These packages, and those that import one of them, directly or through others. */
function importersOf(names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names)
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const name of packages()) {
      const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
      if (Object.keys({ ...dependencies, ...peerDependencies }).some((each) => found.has(each))) found.add(name)
    }
  }
  return found
}
