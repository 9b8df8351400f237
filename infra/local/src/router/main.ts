import { onEnd } from '../process/on-end.js';
import { readRouterConfig } from './router.config.js';
import { makeRouter } from './router.js';

const config = readRouterConfig();
const server = makeRouter({
  upstreams: config.HEED_ROUTER_UPSTREAMS,
  runDir: config.HEED_ROUTER_RUN_DIR,
  parts: config.HEED_ROUTER_PARTS,
  mail: config.HEED_ROUTER_MAIL,
});
server.listen(config.HEED_ROUTER_PORT, '127.0.0.1', () => console.log(`router ready at port ${config.HEED_ROUTER_PORT}`));
onEnd(server);
