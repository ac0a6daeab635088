import { monitor } from '../supervisor/worker/monitor.js'

monitor()
