import { expect } from 'vitest'
import { GuestSeat } from '../../../src/store/shared/guest-seat.js'
import { lifeOf } from '../../../src/store/shared/living-owners.js'
import { promhive } from '../../helpers/processes/command.js'
import { test } from '../../helpers/processes/stage.js'

test('a guest is none of the processes of the application', async ({ stage }) => {
  const directory = stage.directory()
  const only = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
  await only.ask('count', 'jobs_total', {})
  const guest = new GuestSeat(directory, () => {})
  stage.after(() => guest.close())
  expect(guest.open()?.seat.number).toBe(9001)
  expect(lifeOf(directory)?.owners).toMatchObject([{ pid: only.pid }])
  const { output } = await promhive(stage, ['inspect', directory])
  expect(output).toContain('1 seats, 1 alive, 0 dead; 1 of promhive serve, outside of the application\n')
  expect(output).toContain(`pid ${process.pid} (serve)`)
  await only.kill()
  expect(lifeOf(directory)).toEqual({ alive: false, owners: [], guessed: 0 })
  expect((await promhive(stage, ['wipe', directory])).code).toBe(0)
  expect(guest.follow()).toBe(false)
})
