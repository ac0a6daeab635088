/** The clients that promhive replaces, by the folder of dist/cjs that has their modules. */
const doors: Readonly<Record<string, string>> = {
  'prom-client': 'prom-client',
  '@prometheus-io/client': 'prometheus-io',
}

const names = Object.keys(doors).join('|')
/** The name in `import` and `require()`: the package or a path in it. */
const named = new RegExp(`^(${names})(?:/(.*))?$`)
/** A file of a copy of the package, as in a relative path, or the real path of a link. */
const installed = new RegExp(`^file:.*/node_modules/(${names})/(?!.*/node_modules/)(.*)$`)

/**
 * The module of promhive that replaces the named one, relative to dist/cjs.
 *
 * @returns undefined for other packages, and for files of these clients that are not modules, such as package.json
 * @example moduleNamed('prom-client/lib/registry') // 'prom-client/lib/registry.js'
 */
export function moduleNamed(specifier: string): string | undefined {
  return moduleIn(named.exec(specifier))
}

/** The same for the URL of a file in node_modules. */
export function moduleInstalled(url: string): string | undefined {
  return moduleIn(installed.exec(url))
}

function moduleIn(match: RegExpExecArray | null): string | undefined {
  if (match === null) return undefined
  const [, client, path = ''] = match
  const file = path === '' ? 'index' : /^(?:index|lib\/(?:[\w-]+\/)*[\w-]+)(?=(?:\.js)?$)/.exec(path)?.[0]
  return file === undefined ? undefined : `${doors[client!]}/${file}.js`
}
