import { LocalSystem, readLocalConfig, fetchLocalToken } from '@heed/local';
import { createKafka, Publisher } from '@heed/kafka';
import { newEvent, cloudEventHeaders, systemClock } from '@heed/kernel';
import { policyActivated, mapProposed, mapActivated } from '@heed/contracts-subprocessor-registry';
import { loadSamplePack, packHash } from '@heed/policy';
import { generateAgentKeys, publicJwk } from '@heed/crypto';
import { httpLoad, pgbenchSameRows, forgetBenchRows } from './dist/consent-write.js';
const others = ['dsar','retention','subprocessor-registry','notifications'];
const tenants = ['ajuni','aurigen','askasia','ahurasense','auronx'];
const sys = new LocalSystem({ ...readLocalConfig(process.env), portBase: 0, home: '/tmp/heed-bench', restartCrashed:false, without: [...others, ...others.map(o=>'migrate-'+o), ...tenants.map(t=>'agent-'+t), 'mail-processor','mail-sink','sample-stores','packs','data-maps','recipients','router'], onStep: s=>console.log(s.name, Math.round(s.ms)) });
await sys.start();
try {
const ctx = sys.context;
const kafka = createKafka({brokers:[ctx.kafkaBrokers], clientId:'b'});
const pub = new Publisher(kafka); await pub.connect();
const keys = generateAgentKeys();
const agent = {signingKey: publicJwk(keys.signing), encryptionKey: publicJwk(keys.encryption)};
const store = (id, purpose)=>({id,title:id,kind:'postgres',agent,maxBackupAge:'P35D',map:{tables:[{table:'people',key:'id',identifiers:{email:'email'},fields:[]}],purposes:{[purpose]:{table:'people',column:'a'}}}});
const pack = await loadSamplePack('ajuni');
const src={source:'/heed/x',tenant:'ajuni',key:'ajuni',clock:systemClock};
for (const [d,data] of [[policyActivated,{version:1,hash:packHash(pack),effectiveFrom:new Date().toISOString(),pack}],[mapProposed,{mapVersion:1,stores:[store('crm','marketing_email'),store('mail','marketing_email'),store('telemetry','analytics')]}],[mapActivated,{mapVersion:1}]]) {
  const m=newEvent(d,{...src,data}); await pub.publish(m.topics.map(t=>({topic:t,key:'ajuni',value:JSON.stringify(m.event.data),headers:cloudEventHeaders(m.event)})));
}
const token = await fetchLocalToken(sys.home, ctx.issuer, 'ajuni', ['platform','dpo']);
console.log('token', String(token).slice(0,20));
globalThis.token = token;
const base = `http://127.0.0.1:${ctx.ports.consent}`;
const body = JSON.stringify({subject:{identifiers:[{type:'email',value:'p%d@example.com'}]},decisions:[{purpose:'marketing_email',decision:'given'}]});
await new Promise(r=>setTimeout(r,2000));
const one = await fetch(base+'/v1/consents',{method:'POST',headers:{authorization:'Bearer '+token,'content-type':'application/json'},body:body.replace('%d','first')}); console.log(one.status, await one.text());
const secs = Number(process.env.SECS ?? 8);
if(process.env.PROF){await sys.part('consent').restart({env:{NODE_OPTIONS:'--cpu-prof --cpu-prof-dir=/tmp/prof'}});await new Promise(r=>setTimeout(r,3000));}
console.log('warm', await httpLoad({url:base+'/v1/consents',token,body,connections:32,seconds:3}));
console.log('healthz-ceiling', await httpLoad({url:base+'/healthz',token,body:'',connections:32,seconds:2}).catch(String));
console.log('404post-ceiling', await httpLoad({url:base+'/v1/consents/check',token,body:'{}',connections:32,seconds:3}).catch(String));
console.log('consent', await httpLoad({url:base+'/v1/consents',token,body,connections:32,seconds:secs}));
const dbu = new URL(ctx.postgresUrl); dbu.username='heed_consent'; dbu.password=ctx.secrets.databases.consent; dbu.pathname='/heed_consent';
const adm = new URL(ctx.postgresUrl); adm.pathname='/heed_consent';
if (process.env.STOP) await sys.part('consent').stop();
console.log('pgbench', await pgbenchSameRows({url:dbu.href,role:'heed_consent_t_ajuni',schema:'t_ajuni',clients:32,seconds:secs}));
await forgetBenchRows(adm.href,'t_ajuni');
} finally { await sys.stop(); }
