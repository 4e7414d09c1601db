// Make the account, one webhook for each party and all monitors, as its web page would: by socket.io.
"use strict";

const fs = require("fs");
const { io } = require("socket.io-client");

const wanted = JSON.parse(fs.readFileSync(process.argv[2], "utf-8"));
const person = "compare";
const password = "Compare-only-0";

function connect() {
    return new Promise((resolve) => {
        const socket = io(wanted.url, { reconnection: true, reconnectionDelay: 500 });
        socket.on("connect", () => resolve(socket));
    });
}

function ask(socket, word, ...values) {
    return new Promise((resolve, reject) => {
        socket.emit(word, ...values, (answer) => {
            if (answer && answer.ok === false) {
                reject(new Error(`${word}: ${answer.msg}`));
            } else {
                resolve(answer);
            }
        });
    });
}

async function main() {
    const socket = await connect();
    await ask(socket, "setup", person, password);
    await ask(socket, "login", { username: person, password: password, token: "" });
    const notifications = {};
    for (const party of wanted.parties) {
        const webhook = {
            name: party,
            type: "webhook",
            webhookURL: wanted.hook + party,
            webhookContentType: "json",
        };
        notifications[party] = (await ask(socket, "addNotification", webhook, null)).id;
    }
    for (const { party, ...monitor } of wanted.monitors) {
        const defaults = {
            method: "GET",
            accepted_statuscodes: ["200-299"],
            dns_resolve_type: "A",
            dns_resolve_server: "",
            maxredirects: 10,
            timeout: 48,
            resendInterval: 0,
            packetSize: 56,
            port: monitor.type === "dns" ? 53 : null,
            kafkaProducerBrokers: [],
            kafkaProducerSaslOptions: { mechanism: "None" },
            notificationIDList: { [notifications[party]]: true },
        };
        await ask(socket, "add", { ...defaults, ...monitor });
    }
    socket.close();
}

main().then(
    () => process.exit(0),
    (error) => {
        console.error(String(error));
        process.exit(1);
    },
);
