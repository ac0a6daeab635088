// A web handler (Request to Response), served by the runtime itself: Bun.serve() or Deno.serve().
import { Hono } from 'hono'
import { register } from 'promhive'
import { httpMetrics } from 'promhive/hono'

const app = new Hono()
app.use(httpMetrics())
app.all('/', (context) => context.text(String(process.pid)))
app.get('/metrics', async () => {
  return new Response(await register.metrics(), { headers: { 'Content-Type': register.contentType } })
})
const port = Number(process.env.PORT)
if (globalThis.Bun === undefined) globalThis.Deno.serve({ port }, app.fetch)
else globalThis.Bun.serve({ port, fetch: app.fetch })
