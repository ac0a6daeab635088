import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { provideDist, root } from '../processes/dist.js'
import type { Stage } from '../processes/stage.js'

const folder = join(root, 'test', 'plug-ins')
const modules = join(folder, 'node_modules')

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
  cpSync(join(folder, 'programs'), application, { recursive: true })
  const importing = clients === 'alias' ? importersOf(Object.keys(aliases)) : new Set<string>()
  for (const name of packages()) {
    const target = join(application, 'node_modules', name)
    mkdirSync(dirname(target), { recursive: true })
    const alias = clients === 'alias' ? aliases[name] : undefined
    // What imports a client finds the one beside it: a link would lead it to the folder it is installed in.
    if (alias !== undefined || importing.has(name)) cpSync(alias ?? join(modules, name), target, { recursive: true })
    else symlinkSync(join(modules, name), target, 'dir')
  }
  symlinkSync(root, join(application, 'node_modules', 'promhive'), 'dir')
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

/** The packages that import one of these, directly or through others. */
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
