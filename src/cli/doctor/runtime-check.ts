import { loadBinding } from '../../platform/addon.js'
import { javascriptRuntime } from '../../platform/javascript-runtime.js'
import { packageVersion } from '../../platform/package-version.js'
import { onWindows } from '../../platform/windows.js'
import { type Finding, ok, warn } from './finding.js'

/** What other systems have and Windows lacks, as far as it changes what promhive does. */
const withoutOnWindows =
  'Windows has no signals (promhive run takes messages), no /proc (less process metrics) and no modes of files'

/** Checks the versions of Node and promhive, and how it would write to a shared directory. */
export function checkRuntime(): Finding[] {
  const where = `${process.platform} ${process.arch}`
  const { reason } = loadBinding()
  return [
    ok('promhive', `${packageVersion} on ${javascriptRuntime()}, ${where}`),
    reason === undefined
      ? ok('writer', 'mmap: counts are in shared memory at once, and outlive a kill -9')
      : warn(
          'writer',
          `buffered (${reason}): counts are up to 100 ms late, and a kill -9 loses those`,
          'see docs/platforms.md',
        ),
    ...(onWindows ? [ok('system', withoutOnWindows)] : []),
  ]
}
