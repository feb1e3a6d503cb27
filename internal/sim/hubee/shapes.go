package hubee

import "regexp"

// The patterns of the two swaggers and of reference/hubee.md §4, §9 and §10.
var (
	siretPattern          = regexp.MustCompile(`^[0-9]{14}$`)
	narrowMailPattern     = regexp.MustCompile(`^[a-zA-Z0-9._-]+@[a-zA-Z0-9._-]{2,}\.[a-z]{2,4}$`)
	phonePattern          = regexp.MustCompile(`^\+[0-9]{10,20}$|^[0-9]{10,20}$`)
	organizationIDPattern = regexp.MustCompile(`^\w{1,20}-[0-9]{14}-[\w-]{1,10}$`)
	orderPattern          = regexp.MustCompile(`^(?:(asc|desc)\((\w+)\)|(\w+))$`)
)

func organizationIDProperties() map[string]schema {
	return map[string]schema{
		"type":            text(20),
		"companyRegister": text(14).matching(siretPattern),
		"branchCode":      text(10),
	}
}

func organizationIDShape() schema {
	return object(organizationIDProperties(), "type", "companyRegister", "branchCode")
}

func attachmentShape() schema {
	return object(map[string]schema{
		"fileName": text(255), "type": text(100), "size": {kind: "integer"}, "mimeType": text(255),
	}, "fileName", "type", "size", "mimeType")
}

func folderShape() schema {
	mail := text(320).orNull()
	mail.format = "email"
	attachment := attachmentShape()
	attachment.properties["recipients"] = list(1, text(0))
	attachment.required = append(attachment.required, "recipients")
	return object(map[string]schema{
		"processCode": text(30),
		"externalId":  text(30),
		"applicant":   object(map[string]schema{"firstName": text(255), "lastName": text(255), "email": mail}, "firstName", "lastName"),
		"cases": list(1, object(map[string]schema{
			"externalId": text(100), "recipient": organizationIDShape(), "partnerAttributes": text(1024).orNull(),
		}, "externalId", "recipient")),
		"attachments": list(1, attachment),
	}, "externalId", "cases", "attachments", "applicant", "processCode")
}

func folderPatchShape() schema {
	return object(map[string]schema{"globalStatus": text(50), "closeDateTime": dateTime()}, "globalStatus")
}

func casePatchShape() schema { return object(map[string]schema{"status": text(50)}) }

func eventPatchShape() schema { return object(map[string]schema{"status": text(12)}) }

func eventShape() schema {
	return object(map[string]schema{
		"actionType": text(100).orNull(), "author": text(255).orNull(),
		"message": text(1000).orNull(), "comment": text(1000).orNull(),
		"notification":      schema{kind: "boolean"}.orNull(),
		"caseCurrentStatus": text(15).orNull(), "caseNewStatus": text(15).orNull(),
		"partnerAttributes": text(1024).orNull(), "attachments": list(0, attachmentShape()),
	}, "actionType", "notification")
}

func organizationShape() schema {
	properties := organizationIDProperties()
	for name, property := range map[string]schema{
		"name": text(100), "code": text(10).orNull(), "country": text(100).orNull(), "postalCode": text(15),
		"territory": text(255), "email": text(320), "phoneNumber": text(0).matching(phonePattern).orNull(), "status": text(20),
	} {
		properties[name] = property
	}
	return object(properties, "branchCode", "companyRegister", "email", "name", "postalCode", "status", "territory", "type")
}

// subscriptionShape leaves the plain email to the referential behind the gateway, whose
// refusal has another form (reference/hubee.md §13.2, E27).
func subscriptionShape() schema {
	mail := text(320).matching(narrowMailPattern)
	phone := text(0).matching(phonePattern).orNull()
	accessMode := text(7).orNull()
	accessMode.enum = []string{"PORTAIL", "API"}
	date := dateTime().orNull()
	administrator := object(map[string]schema{
		"firstName": text(255), "lastName": text(255), "email": mail, "function": text(255).orNull(),
		"phoneNumber": phone, "mobileNumber": phone,
	}, "email")
	delegation := object(map[string]schema{
		"type": text(20).orNull(), "companyRegister": text(14).matching(siretPattern).orNull(), "branchCode": text(10).orNull(),
		"email": mail.orNull(), "firstName": text(255).orNull(), "lastName": text(255).orNull(),
	}).orNull()
	whole := object(map[string]schema{
		"datapassId": {kind: "integer"}, "processCode": text(30), "subscriber": organizationIDShape(),
		"accessMode": accessMode, "notificationFrequency": text(20), "email": text(320).orNull(),
		"activateDateTime": date, "validateDateTime": date, "rejectDateTime": date, "endDateTime": date, "updateDateTime": date,
		"delegationActor": delegation, "rejectionReason": text(1000).orNull(), "status": text(20).orNull(),
		"localAdministrator": administrator,
	}, "datapassId", "localAdministrator", "notificationFrequency", "processCode", "subscriber")
	whole.readOnly = []string{"id", "creationDateTime"}
	return whole
}

func processShape() schema {
	names := list(0, text(255))
	return object(map[string]schema{
		"code": text(30), "name": text(255),
		"attachmentFormatsEnabled": names, "siAttachmentFormatsEnabled": names, "attachmentTypesEnabled": names,
		"attachmentMaxSizeEnabled": {kind: "integer"}, "messageToTransmitter": {kind: "boolean"},
	}, "code", "name")
}

func dateTime() schema { return schema{kind: "string", format: "date-time"} }
