import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { faultsOf, hasSchemas, type Manifest, manifestsIn, requireSchema } from '../helpers/manifests.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
const example = join(root, 'examples', 'sidecar')
const manifests = manifestsIn(join(example, 'kubernetes'))
const of = (kind: string, all = manifests): Manifest => all.find((manifest) => manifest.kind === kind)!

describe.skipIf(!hasSchemas)('the manifests for Kubernetes', () => {
  test('are what Kubernetes and the Prometheus operator accept, and mistakes in them are not', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual(['NetworkPolicy', 'PodMonitor', 'Deployment'])
    const mistakes: Record<string, (all: Manifest[]) => void> = {
      medium: (all) => (of('Deployment', all).spec.template.spec.volumes[0].emptyDir.medium = 1),
      volumeMount: (all) => (of('Deployment', all).spec.template.spec.initContainers[0].volumeMount = []),
      periodSeconds: (all) =>
        (of('Deployment', all).spec.template.spec.initContainers[0].livenessProbe.periodSeconds = 'ten'),
      interval: (all) => (of('PodMonitor', all).spec.podMetricsEndpoints[0].interval = 'often'),
      podMetricsEndpoint: (all) => (of('PodMonitor', all).spec.podMetricsEndpoint = []),
      podSelector: (all) => (of('NetworkPolicy', all).spec.podSelector = undefined),
    }
    const wrong = Object.entries(mistakes).map(([field, mistake]) => {
      const all = structuredClone(manifests)
      mistake(all)
      const at = all.findIndex((each, i) => JSON.stringify(each) !== JSON.stringify(manifests[i]))
      return { field, manifest: all[at]! }
    })
    const faults = faultsOf([...manifests, ...wrong.map(({ manifest }) => manifest)])
    expect(faults.slice(0, manifests.length)).toEqual([[], [], []])
    for (const [i, { field }] of wrong.entries()) {
      expect(faults[manifests.length + i]!.join('\n'), field).toContain(field)
    }
  })

  test('fit together', () => {
    const { template, selector } = of('Deployment').spec
    const { labels } = template.metadata
    const { spec } = of('PodMonitor')
    for (const each of [selector, spec.selector, of('NetworkPolicy').spec.podSelector]) {
      expect(labels).toMatchObject(each.matchLabels)
    }
    const containers = [...template.spec.initContainers, ...template.spec.containers]
    const ports = containers.flatMap((container) => container.ports)
    expect(ports.map(({ name }: Manifest) => name)).toEqual(['metrics', 'http'])
    expect(spec.podMetricsEndpoints[0].port).toBe('metrics')
    const open = of('NetworkPolicy').spec.ingress.flatMap((rule: Manifest) => rule.ports)
    const numbers = ports.map(({ containerPort }: Manifest) => containerPort)
    expect(open.map(({ port }: Manifest) => port).sort()).toEqual(numbers.sort())
    const { env } = template.spec.containers[0]
    expect(env.find(({ name }: Manifest) => name === 'PORT').value).toBe('8080')
    for (const { volumeMounts } of containers) expect(volumeMounts[0].name).toBe(template.spec.volumes[0].name)
    // A sidecar that is not ready would take the application out of service.
    expect(template.spec.initContainers[0].readinessProbe).toBeUndefined()
    expect(template.spec.volumes[0].emptyDir.medium).toBe('Memory')
  })
})

interface Instruction {
  getInstruction(): string
  getArgumentsContent(): string | null
}

/** The instructions of the Dockerfile, in order. */
function instructions(): (readonly [name: string, argument: string])[] {
  const { DockerfileParser } = requireSchema('dockerfile-ast')
  const parsed: Instruction[] = DockerfileParser.parse(
    readFileSync(join(example, 'Dockerfile'), 'utf8'),
  ).getInstructions()
  return parsed.map((each) => [each.getInstruction(), each.getArgumentsContent() ?? ''])
}

describe.skipIf(!hasSchemas)('the image of the sidecar', () => {
  // test/supervisor/docker.test.ts builds and runs it where a Docker runs.
  test('is one of a known form, with the user and the port of the manifests', () => {
    const all = instructions()
    const steps = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD']
    expect(all.map(([name]) => name)).toEqual(steps)
    const argument = (name: string) => all.find(([instruction]) => instruction === name)![1]
    const [sidecar] = of('Deployment').spec.template.spec.initContainers
    expect(argument('EXPOSE')).toBe(String(sidecar.ports[0].containerPort))
    // The images of Node.js have this user under the number 1000.
    expect([argument('USER'), of('Deployment').spec.template.spec.securityContext.runAsUser]).toEqual(['node', 1000])
    expect(JSON.parse(argument('CMD'))).toEqual(sidecar.args)
  })

  test('answers the probes and the scrapes of its pod, and keeps the counts of a killed application', {
    timeout,
  }, async ({ stage }) => {
    const pod = await startPod(stage)
    expect(await pod.probe()).toEqual([200, 'ok\n'])
    await pod.order(3)
    await until(pod.orders, (count) => count === 3)
    await pod.kill()
    expect(await pod.orders()).toBe(3)
    // The only process of the application has ended, so another run begins.
    await pod.startAgain()
    await pod.order(2)
    await until(pod.orders, (count) => count === 2)
    expect(spawnSync(process.execPath, pod.healthcheck).status).toBe(0)
    await pod.sidecar.kill()
    expect(spawnSync(process.execPath, pod.healthcheck).status).toBe(1)
  })
})

const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const namespace = spawnSync(unshare[0]!, [...unshare.slice(1), 'true']).status === 0 ? unshare : []

/** Does what the manifest and the image specify, each container in a PID namespace of its own where that is possible. */
async function startPod(stage: Stage) {
  provideDist()
  const [folder, volume, port, metrics] = [stage.folder(), stage.folder(), await freePort(), await freePort()]
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'promhive'))
  copyFileSync(join(root, 'examples', 'docker', 'server.mjs'), join(folder, 'server.mjs'))
  const { initContainers, containers } = of('Deployment').spec.template.spec
  const [[sidecar], [shop]] = [initContainers, containers]
  const here = (text: string): string => text.replaceAll('/metrics/', `${volume}/`).replaceAll('9464', String(metrics))
  const argument = (name: string): string => instructions().find(([each]) => each === name)![1]

  const env = Object.fromEntries(shop.env.map((each: { name: string; value: string }) => [each.name, here(each.value)]))
  env.PORT = String(port)
  const [, program] = shop.command
  const start = () => stage.launch(join(folder, program), { cwd: folder, env, wrapper: namespace })
  let application = start()
  const answered = (path: string) => ask(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
  await until(
    () => answered('/'),
    (answer) => answer?.status === 200,
  )

  const [bin, ...args] = [...JSON.parse(argument('ENTRYPOINT')), ...sidecar.args].map(here)
  expect(bin).toBe('node_modules/.bin/promhive')
  const cli = join(root, 'dist', 'esm', 'cli', 'bin.js')
  const served = stage.launch(cli, { args, wrapper: namespace })
  await until(
    () => served.output,
    (output) => output.includes('serving'),
  )
  const [, healthcheck] = /CMD (\[.*\])$/.exec(argument('HEALTHCHECK'))!
  return {
    sidecar: served,
    healthcheck: JSON.parse(here(healthcheck!)).slice(1) as string[],
    orders: async () => {
      const { body } = await ask(`http://127.0.0.1:${metrics}${of('PodMonitor').spec.podMetricsEndpoints[0].path}`)
      return new Exposition(body).total('shop_orders_total')
    },
    order: async (count: number) => {
      for (let i = 0; i < count; i++) expect((await answered('/order'))?.status).toBe(200)
    },
    kill: () => application.kill(),
    startAgain: async () => {
      application = start()
      await until(
        () => answered('/'),
        (answer) => answer?.status === 200,
      )
    },
    /** As a kubelet asks: at the address of the pod. */
    probe: () =>
      new Promise<[number, string]>((resolve, reject) => {
        const { path } = sidecar.livenessProbe.httpGet
        const headers = { host: `10.244.1.17:${metrics}`, 'user-agent': 'kube-probe/1.33' }
        request({ host: '127.0.0.1', port: metrics, path, headers }, (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => (body += text))
          response.on('end', () => resolve([response.statusCode!, body]))
        })
          .on('error', reject)
          .end()
      }),
  }
}
