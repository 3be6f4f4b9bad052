def handler(event, context):
    return {"worked": len(event.get("Records", []))}
