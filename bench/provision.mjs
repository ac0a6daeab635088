import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs the peers beside the bench: they are no dependency of the package. */
export function provision() {
  if (isInstalled()) return
  console.log('Installing the peers into bench/node_modules (npm ci), once.')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  // One of them wants a newer Node than this one perhaps is: it gets it, so the warning says nothing.
  const argv = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(npm[0], argv, { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('npm ci in bench/ failed')
}

function isInstalled() {
  const wanted = JSON.parse(readFileSync(`${here}package.json`, 'utf8'))
  return Object.entries(wanted.dependencies).every(([name, version]) => {
    const path = `${here}node_modules/${name}/package.json`
    return existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).version === version
  })
}
