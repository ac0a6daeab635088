import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from './processes/dist.js'
import { compile } from './types/compilers.js'

const folder = join(root, 'test', 'manifests')
/** `scripts/provision.mjs` installs the schemas if permitted. */
export const hasSchemas = existsSync(join(folder, 'node_modules', 'kubernetes-models'))
export const requireSchema = createRequire(join(folder, 'package.json'))

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  // biome-ignore lint/suspicious/noExplicitAny: the tests read and change what the schemas describe
  [field: string]: any
}

/** The manifests of a file, or of all files in a folder. */
export function manifestsIn(path: string): Manifest[] {
  const files = path.endsWith('.yaml')
    ? [path]
    : readdirSync(path)
        .sort()
        .map((name) => join(path, name))
  return files.flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS()))
}

/**
 * What Kubernetes or the operator would refuse of each manifest: values of a wrong type or form, by the schemas of
 * `kubernetes-models`, and fields that do not exist, by its declarations, which the schemas allow.
 */
export function faultsOf(manifests: readonly Manifest[]): string[][] {
  const declared = manifests.map((manifest, i) => {
    const type = `I${manifest.kind}`
    const lines = [
      `import type { ${type} } from '${packageOf(manifest)}'`,
      `export const manifest: ${type} = ${JSON.stringify(manifest)}`,
    ]
    return [nameOf(i), `${lines.join('\n')}\n`]
  })
  const packages = ['kubernetes-models', '@kubernetes-models/prometheus-operator']
  const installed = packages.map((name) => [name, join(folder, 'node_modules', name)])
  const errors = compile('typescript', Object.fromEntries(declared), Object.fromEntries(installed))
  return manifests.map((manifest, i) => {
    const unknown = errors.filter(({ file }) => file === nameOf(i)).map(({ message }) => message)
    try {
      ;new (modelOf(manifest))(manifest).validate()
      return unknown
    } catch (error) {
      return [(error as Error).message, ...unknown]
    }
  })
}

function nameOf(i: number): string {
  return `manifest-${i}.ts`
}

function packageOf({ apiVersion }: Manifest): string {
  if (apiVersion.includes('coreos')) return `@kubernetes-models/prometheus-operator/${apiVersion}`
  return `kubernetes-models/${apiVersion}`
}

function modelOf(manifest: Manifest): new (manifest: Manifest) => { validate(): void } {
  return requireSchema(packageOf(manifest))[manifest.kind]
}
